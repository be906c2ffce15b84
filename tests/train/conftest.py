"""Trainings in this process wait for no disk: nobody pulls the plug."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def no_disk_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda number: None)
