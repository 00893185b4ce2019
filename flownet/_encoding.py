"""Text for terminals and files that lack some of its letters: δ becomes d, λ lambda, ‖dL‖ ||dL||.

What is printed goes through here once: each `Table` when it becomes text, and each line of the
shell. Where the encoding has every letter, as UTF-8 has, nothing is changed.
"""

import sys
import unicodedata

_NAMES = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "d", "ε": "eps", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "φ": "phi", "ϕ": "phi", "χ": "chi", "ω": "omega", "Γ": "Gamma", "Δ": "D", "Λ": "Lambda",
    "Σ": "sum", "Φ": "Phi", "Ω": "Omega", "∂": "d", "∇": "grad ", "√": "sqrt ", "∞": "inf",
    "ᵀ": "^T", "♯": "#", "♭": "b", "⁻": "^-",
}  # fmt: skip
_SIGNS = {
    "‖": "||", "⟨": "<", "⟩": ">", "±": "+-", "·": "*", "×": "x", "⊗": " x ", "−": "-", "–": "-",
    "—": "-", "→": "->", "←": "<-", "↦": "->", "≤": "<=", "≥": ">=", "≈": "~", "≠": "!=",
    "∝": "~", "∈": "in", "′": "'", "″": "''", "…": "...", "½": "1/2", "¼": "1/4", "°": " deg",
    "‘": "'", "’": "'", "“": '"', "”": '"', "─": "-", "━": "-", "│": "|", "┼": "+", "•": "*",
}  # fmt: skip
_PLAIN = _NAMES | _SIGNS | {"⁰¹²³⁴⁵⁶⁷⁸⁹"[i]: f"^{i}" for i in range(10)}


def printable(text, stream=None):
    """Text in letters that a stream has, by default those of standard output.

    A letter that it lacks becomes the name of its sign, or the letter without its accent, or, where
    it has none of these, its number, as in \\u4e2d.
    """
    stream = sys.stdout if stream is None else stream
    # a stream of somebody's own, or none at all, as under pythonw, need not have an encoding
    encoding = getattr(stream, "encoding", None) or "utf-8"
    if _has(text, encoding):
        return text
    return "".join(letter if _has(letter, encoding) else _plain(letter) for letter in text)


def _has(text, encoding):
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _plain(letter):
    """ASCII for one letter."""
    if letter in _PLAIN:
        return _PLAIN[letter]
    bare = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return bare or letter.encode("ascii", "backslashreplace").decode()
