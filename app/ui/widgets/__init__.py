"""The widgets pages are built from. One file per idea; import from here."""

from app.ui.widgets.banner import Banner
from app.ui.widgets.busy import BusyOverlay, Skeleton, Spinner
from app.ui.widgets.buttons import (
    danger_button,
    icon_button,
    leading,
    link_button,
    primary_button,
    quiet_button,
    secondary_button,
)
from app.ui.widgets.card import Card, FigureCard
from app.ui.widgets.cells import CELL_ROLE, Cell, CellDelegate, ProgressCell, TwoLines, spoken
from app.ui.widgets.data_table import DataTable
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.form import Form, FormField
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import caption, figure, heading, label, muted, strong, title
from app.ui.widgets.list_model import ROW_ROLE, Column, ListModel
from app.ui.widgets.page_header import PageHeader
from app.ui.widgets.pill import Pill, PillLook
from app.ui.widgets.progress_card import ProgressCard, RunningJob
from app.ui.widgets.search_field import SearchField
from app.ui.widgets.segmented import Segmented
from app.ui.widgets.sheet import Sheet, ask, tell
from app.ui.widgets.step_bar import StepBar
from app.ui.widgets.toast import Toast, ToastStack

__all__ = [
    "CELL_ROLE",
    "ROW_ROLE",
    "Banner",
    "BusyOverlay",
    "Card",
    "Cell",
    "CellDelegate",
    "Column",
    "DataTable",
    "EmptyState",
    "FigureCard",
    "Form",
    "FormField",
    "IconLabel",
    "ListModel",
    "PageHeader",
    "Pill",
    "PillLook",
    "ProgressCard",
    "ProgressCell",
    "RunningJob",
    "SearchField",
    "Segmented",
    "Sheet",
    "Skeleton",
    "Spinner",
    "StepBar",
    "Toast",
    "ToastStack",
    "TwoLines",
    "ask",
    "caption",
    "danger_button",
    "figure",
    "heading",
    "icon_button",
    "label",
    "leading",
    "link_button",
    "muted",
    "primary_button",
    "quiet_button",
    "secondary_button",
    "spoken",
    "strong",
    "tell",
    "title",
]
