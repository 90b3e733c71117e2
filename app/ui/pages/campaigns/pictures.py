"""Pictures of a message as the preview can show them: part of the page itself, and no larger than it needs."""

from __future__ import annotations

import base64

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QImage, QImageWriter

_WIDEST = 600
"""Pixels; mails are about that wide. The page of a preview holds two megabytes in all."""
_QUALITY = 80


def picture_url(data: bytes) -> str:
    """A picture as a `data:` URL, made smaller if it is wider than a mail; empty if it is no picture. In any thread."""
    image = QImage.fromData(data)
    if image.isNull():
        return ""
    if image.width() > _WIDEST:
        image = image.scaledToWidth(_WIDEST, Qt.TransformationMode.SmoothTransformation)
    kind = "PNG" if image.hasAlphaChannel() else "JPEG"
    encoded = QByteArray()
    buffer = QBuffer(encoded)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, QByteArray(kind.encode()))
    writer.setQuality(_QUALITY)
    writer.write(image)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(encoded.data()).decode()}"
