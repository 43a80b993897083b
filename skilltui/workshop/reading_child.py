"""The process that ``reading_process`` starts: it reads what its standard input orders, to its standard output."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import suppress

from skilltui.text.gate_database import make_ahead


def main() -> None:
    """Read. Ends when its parent does, since then nobody takes what it writes."""
    # A Ctrl-C reaches every process of the terminal; this one ends with the one that it reads for.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Before the rest is imported: it is made on another processor meanwhile.
    make_ahead(sys.argv[1])
    # As in the process that it reads for: hardly anything that is read lies in a cycle.
    gc.disable()
    with suppress(BrokenPipeError):
        _serve()
    # Nothing is left to be cleaned up, nor anybody to hear of a pipe that broke.
    os._exit(0)


def _serve() -> None:
    from skilltui.capture.feedback import FeedbackDetector
    from skilltui.capture.limits import TEXT_SHARE
    from skilltui.capture.reader import TranscriptReader
    from skilltui.text.redact import Redactor, load_or_create_key
    from skilltui.workshop.reading import Order, cut, groups
    from skilltui.workshop.reading_process import decode, encode, hello, receive, send

    source, sink = sys.stdin.buffer, sys.stdout.buffer
    send(sink, hello())
    order = decode(receive(source), Order)
    redactor = Redactor(load_or_create_key(order.key), gate=order.gate)
    redactor.expect(order.size // TEXT_SHARE)
    detector = FeedbackDetector()
    for group in groups(TranscriptReader(redactor), order.files, order.size):
        if order.now is not None:
            cut(group, detector, order.now)
        send(sink, encode(group))
    send(sink, b"")
