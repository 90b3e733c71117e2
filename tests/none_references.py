"""Prints each call into PySide6 that loses or leaks a reference to None; below Python 3.12 that ends in an abort.

A script of its own, because the count must not be disturbed by anything else that runs.
"""

import sys
from collections.abc import Callable

from PySide6.QtCore import QLine, QPoint, QRect, QSettings, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFont,
    QPainter,
    QPainterPath,
    QPalette,
    QPixmap,
    QStandardItem,
    QStandardItemModel,
    QStaticText,
    QTransform,
)
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QTableView

CALLS = 500
NOISE = CALLS // 10

app = QApplication([])
pixmap = QPixmap(400, 400)
painter = QPainter(pixmap)
text = QStaticText("x")
table, model, item = QTableView(), QStandardItemModel(5, 5), QStandardItem("x")
table.setModel(model)
label, editor, timer = QLabel(), QPlainTextEdit(), QTimer()
rectangle, font, palette, path = QRect(), QFont(), QPalette(), QPainterPath()

PROBES: dict[str, Callable[[], object]] = {
    "QApplication.processEvents": app.processEvents,
    "QFont.setBold": lambda: font.setBold(True),
    "QHeaderView.resizeSection": lambda: table.horizontalHeader().resizeSection(0, 50),
    "QLabel.setText": lambda: label.setText("a"),
    "QPainter.drawEllipse": lambda: painter.drawEllipse(0, 0, 3, 3),
    "QPainter.drawLine": lambda: painter.drawLine(0, 0, 1, 1),
    "QPainter.drawLines": lambda: painter.drawLines([QLine(0, 0, 1, 1)]),
    "QPainter.drawPixmap": lambda: painter.drawPixmap(0, 0, QPixmap(2, 2)),
    "QPainter.drawRect": lambda: painter.drawRect(0, 0, 5, 5),
    "QPainter.drawStaticText": lambda: painter.drawStaticText(1, 2, text),
    "QPainter.drawText": lambda: painter.drawText(QRect(0, 0, 50, 20), Qt.AlignmentFlag.AlignLeft, "s"),
    "QPainter.fillRect": lambda: painter.fillRect(QRect(0, 0, 5, 5), QColor(1, 2, 3)),
    "QPainter.restore": lambda: (painter.save(), painter.restore()),
    "QPainter.setClipRect": lambda: painter.setClipRect(0, 0, 10, 10),
    "QPainter.setFont": lambda: painter.setFont(font),
    "QPainter.setOpacity": lambda: painter.setOpacity(1.0),
    "QPainter.setPen": lambda: painter.setPen(QColor(1, 1, 1)),
    "QPainter.setRenderHint": lambda: painter.setRenderHint(QPainter.RenderHint.Antialiasing),
    "QPainter.translate": lambda: painter.translate(0, 0),
    "QPainterPath.addRect": lambda: path.addRect(0, 0, 1, 1),
    "QPalette.setColor": lambda: palette.setColor(QPalette.ColorRole.Window, QColor(1, 1, 1)),
    "QPlainTextEdit.setPlainText": lambda: editor.setPlainText("z"),
    "QRect.setWidth": lambda: rectangle.setWidth(2),
    "QScrollBar.setValue": lambda: table.verticalScrollBar().setValue(1),
    "QSettings.value": lambda: QSettings().value("missing"),
    "QStandardItem.setText": lambda: item.setText("q"),
    "QStandardItemModel.data": lambda: model.data(model.index(0, 0), Qt.ItemDataRole.DecorationRole),
    "QStaticText.prepare": lambda: text.prepare(QTransform(), font),
    "QStaticText.setText": lambda: text.setText("y"),
    "QStaticText.setTextFormat": lambda: text.setTextFormat(Qt.TextFormat.PlainText),
    "QTableView.scrollToTop": table.scrollToTop,
    "QTimer.stop": lambda: (timer.start(1000), timer.stop()),
    "QWidget.resize": lambda: table.resize(300, 300),
    "QWidget.update": table.update,
    "QPoint.setX": lambda: QPoint().setX(1),
}

for name, call in PROBES.items():
    call()
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        call()
    drift = sys.getrefcount(None) - before
    if abs(drift) > NOISE:
        print(f"{name}: {drift / CALLS:+.2f} references to None a call")

painter.end()
