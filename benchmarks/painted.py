"""One start, timed from inside: `python benchmarks/painted.py bare` or `… app`.

Prints the monotonic clock, in nanoseconds, when the first window is painted, and once more when the application's first
page stands; then waits to be ended. A script of its own, so that nothing is imported that a start does not need.
"""

import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow


def tell(what: str) -> None:
    """Say that *what* has happened."""
    print(what, time.monotonic_ns(), flush=True)


def report_first_paint(window_class: type[QMainWindow]) -> None:
    """Have the first window of *window_class* say when it and all in it are painted."""

    is_first = True

    def paint_event(window: QMainWindow, event: QPaintEvent) -> None:
        nonlocal is_first
        QMainWindow.paintEvent(window, event)
        if is_first:
            is_first = False
            # What lies in a window is painted right after it, before the event loop turns.
            QTimer.singleShot(0, lambda: tell("window"))

    window_class.paintEvent = paint_event  # type: ignore[assignment, method-assign]


def start_bare() -> None:
    """The least that PySide6 can show."""

    class Window(QMainWindow):
        pass

    report_first_paint(Window)
    application = QApplication([])
    window = Window()
    window.resize(1280, 800)
    window.show()
    application.exec()


def start_application() -> None:
    """The program as `main.py` starts it."""
    from app.bootstrap import main
    from app.ui.shell import MainWindow

    report_first_paint(MainWindow)
    show_page = MainWindow.show_page

    def show_first_page(window: MainWindow, key: str, **details: object) -> object:
        page = show_page(window, key, **details)
        QTimer.singleShot(0, lambda: tell("page"))
        return page

    MainWindow.show_page = show_first_page  # type: ignore[assignment, method-assign]
    main([])


if __name__ == "__main__":
    {"bare": start_bare, "app": start_application}[sys.argv[1]]()
