# Sourced by the scripts beside it: makes .venv with flownet in it, once, and puts it on PATH.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

python=${PYTHON:-python3}
if ! "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "flownet needs Python 3.11 or newer with the venv module; set PYTHON=/path/to/python3" >&2
    exit 2
fi

# the environment is made anew when what it was made from changes
wanted=$(cat setup.cfg pyproject.toml | "$python" -c 'import hashlib, sys
print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
if [ "$(cat .venv/made-from 2>/dev/null)" != "$wanted" ]; then
    echo "making .venv (once, about a minute)" >&2
    "$python" -m venv .venv &&
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[test]' &&
        echo "$wanted" >.venv/made-from || { echo "the installation failed" >&2; exit 1; }
fi
PATH=$PWD/.venv/bin:$PATH
unset PYTHONDONTWRITEBYTECODE # else each process compiles all of its Python again
