"""Builds the pages as HTML: python -m sphinx -W -b html docs docs/_build.

The pages are Markdown that GitHub shows as it is. What only this build needs, the navigation and
the API reference, is added here.
"""

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # docs.api describes what lies in this clone

project = "keras_rnn_tutorials"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "RNN tutorials of TensorFlow 1, on Keras 3"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_sourcelink = False
html_show_copyright = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say more: shapes
napoleon_use_rtype = False

TUTORIALS = ["a_mnist_lstm", "b_rnn_details", "c_handwritten_rnn", "d_imdb_simplernn"]
TUTORIALS += ["results", "slips", "gallery"]
GUIDES = [
    "from_tf1_to_keras3",
    "migrate",
    "tf1",
    "padding_masking_truncation",
    "speed",
    "runs",
    "parity",
]
NAVIGATION = {
    "index": {
        "The tutorials": TUTORIALS,
        "Guides": [*GUIDES, "api"],
        "简体中文": ["全部页面 <zh-CN/index>"],
    },
    "zh-CN/index": {"教程": TUTORIALS, "指南": GUIDES},
}
DESCRIBED = ("layers", "fast", "models", "tf1", "runner")

_linked: set[str] = set()  # files outside of docs/, by their path in the clone
_SECTION = re.compile(r"(Args|Attributes|Examples?|Raises|Returns|Yields):$")


def setup(app):
    """Connects what follows to Sphinx."""
    app.connect("source-read", _add_navigation)
    app.connect("source-read", _link_sources)
    app.connect("source-read", _link_explorers)
    app.connect("build-finished", _copy_sources)
    app.connect("build-finished", _copy_explorers)
    app.connect("autodoc-process-docstring", _as_restructured_text, priority=400)
    app.connect("html-page-context", _name_language)


def _add_navigation(app, docname, source):
    for caption, pages in NAVIGATION.get(docname, {}).items():
        source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n"
        source[0] += "\n".join(pages) + "\n```\n"
    if docname == "api":
        for name in DESCRIBED:
            module = f"keras_rnn_tutorials.{name}"
            source[0] += (
                f"\n## {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n   :members:\n"
            )
            is_package = (ROOT / "keras_rnn_tutorials" / name).is_dir()
            source[0] += "   :imported-members:\n```\n" if is_package else "```\n"


def _link_sources(app, docname, source):
    """Links to files outside of docs/ lead to copies of them."""
    up = "../" * docname.count("/")

    def link(path, text):
        _linked.add(path)
        return f'<a href="{up}sources/{path}.txt">{text}</a>'

    def in_markdown(found):
        return link(found[2], found[1])

    def in_html(found):
        return link(found[1], found[2])

    source[0] = re.sub(rf"(?<!!)\[([^]]+)\]\({up}\.\./(?!zh-CN/)([^)#]+)\)", in_markdown, source[0])
    source[0] = re.sub(rf'<a href="{up}\.\./([^"]+)">([^<]+)</a>', in_html, source[0])


def _copy_sources(app, exception):
    for path in _linked:
        copy = Path(app.outdir, "sources", f"{path}.txt")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, copy)


def _link_explorers(app, docname, source):
    """Links to docs/explorers stay links to pages, which Sphinx would take for downloads."""
    link = r"(?<!!)\[([^]]+)\]\(((?:\.\./)?explorers/\w+\.html)\)"
    source[0] = re.sub(link, r'<a href="\2">\1</a>', source[0])


def _copy_explorers(app, exception):
    shutil.copytree(ROOT / "docs/explorers", Path(app.outdir, "explorers"), dirs_exist_ok=True)


def _as_restructured_text(app, what, name, target, options, lines):
    """Docstrings quote code as Markdown does, and indent equations."""
    result, in_section, in_block = [], False, False
    for line in lines:
        if _SECTION.match(line):
            in_section = True
        is_indented = line.startswith("    ") and not in_section
        if is_indented and not in_block and result and not result[-1]:
            result += ["::", ""]
        in_block = is_indented or (in_block and not line)
        if not is_indented:
            line = re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", line)
        result.append(line)
    lines[:] = result


def _name_language(app, pagename, templatename, context, doctree):
    if pagename.startswith("zh-CN/"):
        context["language"] = "zh-CN"
