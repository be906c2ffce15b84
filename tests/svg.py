"""What is written in a picture, and in a drawing of one: the same words, wherever they stand."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import autograd_lite as ag


def words_in(picture: ag.Picture) -> set[str]:
    labels = re.findall(r'label="((?:[^"\\]|\\.)*)"', picture.source)
    return {line.strip().replace("&amp;", "&") for label in labels for line in label.split(r"\n")} - {""}


def words_shown(svg: Path) -> set[str]:
    texts = (e.text for e in ET.parse(svg).iter() if e.tag.endswith("text"))
    return {text.strip() for text in texts if text}
