"""The site builds without a warning, with all scripts of the gallery; its pages' programs run."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from checkout import ROOT, SCRIPTS
from pictures import is_drawn
from quoted import DOCS, PAGES, SECTIONS, quoted_from
from site_tools import reference
from site_tools.programs import agrees, outputs, programs, said
from sphinx.util.inventory import InventoryFile
from test_docs import relative

pytestmark = pytest.mark.slow


def measured(page):
    """Numbers in a page's text that are run for, the commands named, and the programs beside."""
    return [
        (number, named, section.programs)
        for section in SECTIONS
        if section.page == page
        for number, named in section.compared()
    ]


RUN = [page for page in PAGES if programs(page.read_text()) or measured(page)]
GALLERY = sorted((SCRIPTS / "gallery").glob("*.py"))


@pytest.mark.parametrize("page", RUN, ids=relative)
def test_programs_run_and_print_what_the_page_shows(page, tmp_path):
    """One after another in one folder: what one writes the next may read.

    Below a program stands what it prints, and the numbers in the text are printed too.
    """
    found = programs(page.read_text())
    told = outputs(found, tmp_path)
    by_text = {program.text: printed for program, printed in zip(found, told)}
    for number, named, beside in measured(page):
        lines = [said(shlex.split(command), tmp_path) for command in named]
        lines = lines or [by_text[text] for text in beside]
        assert any(quoted_from(number, line) for line in lines), f"{number} is not printed"
    for program, printed in zip(found, told, strict=True):
        assert program.shown is None or agrees(program.shown, printed), printed
        for written in re.findall(r"(?:-o|--figure) (\S+)", program.text):
            assert (tmp_path / written).stat().st_size > 0, written


def test_the_page_of_files_reads_a_run_without_flownet(tmp_path):
    write, read, *_ = programs((DOCS / "files.md").read_text())
    assert "import flownet" in write.text
    assert "flownet" not in read.text.replace("# the run as", "")
    printed = outputs([write, read], tmp_path)[1]
    assert printed.startswith("flownet-trajectory 1\n") and "(301, 17) parameters" in printed
    assert "sharpness" in printed and printed.endswith("finished: True\n")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built from a copy: what is made of other sources lies beside the pages."""
    folder, made = tmp_path_factory.mktemp("site"), ("__pycache__", "reference", "gallery")
    shutil.copytree(DOCS, folder / "scripts" / "docs", ignore=shutil.ignore_patterns(*made))
    for name in ("gallery", "studies", "experiments"):
        shutil.copytree(SCRIPTS / name, folder / "scripts" / name)
    shutil.copytree(ROOT / "data", folder / "data")
    shutil.copy(ROOT / "README.md", folder)
    line = (SCRIPTS / "site").read_text().splitlines()[-1]
    words = line.removeprefix("exec python ").replace('"$@" ', "").split()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    built = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert "-W" in words and built.returncode == 0, built.stdout + built.stderr
    return folder / words[-1]


def test_every_public_name_and_member_has_a_place(site):
    """In the site's own index of objects, by which other sites link to it."""
    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="").data
    known = {
        name for domain, names in inventory.items() if domain.startswith("py:") for name in names
    }
    for name in reference.listed():
        value = reference.found(name)
        members = reference.members(value) if isinstance(value, type) else ()
        assert {name, *(f"{name}.{member}" for member in members)} <= known, name


@pytest.mark.parametrize("script", GALLERY, ids=relative)
def test_every_script_of_the_gallery_has_a_page_with_its_figure(site, script):
    page = (site / "gallery" / f"{script.stem}.html").read_text()
    assert f"sphx_glr_{script.stem}_001.png" in page
    assert is_drawn(site / "_images" / f"sphx_glr_{script.stem}_001.png")


def test_every_page_is_in_the_site(site):
    for page in PAGES:
        if page.is_relative_to(DOCS):
            assert (site / page.relative_to(DOCS).with_suffix(".html")).exists(), page
    assert (site / "index.html").read_text().count("first_hour/") >= 3
