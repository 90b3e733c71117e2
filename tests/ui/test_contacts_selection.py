import pytest

from app.ui.pages.contacts.lanes import Lanes, Strip
from app.ui.pages.contacts.selection import CellRange, CellSelection


@pytest.fixture
def selection() -> CellSelection:
    return CellSelection(rows=10, columns=4)


def test_a_click_selects_one_cell(selection: CellSelection) -> None:
    selection.select(2, 1)
    selection.select(3, 2)
    assert selection.current == (3, 2)
    assert selection.ranges == (CellRange(3, 2, 3, 2),)
    assert selection.is_one_cell


def test_shift_grows_the_range_in_any_direction_and_keeps_the_current_cell(selection: CellSelection) -> None:
    selection.select(5, 2)
    selection.extend(7, 3)
    assert selection.ranges == (CellRange(5, 2, 7, 3),)
    selection.extend(4, 0)
    assert selection.ranges == (CellRange(4, 0, 5, 2),)
    assert selection.current == (5, 2)


def test_ctrl_adds_a_range_and_takes_a_cell_out_again(selection: CellSelection) -> None:
    selection.select(0, 0)
    selection.add(2, 2)
    selection.extend(3, 3)
    assert selection.ranges == (CellRange(0, 0, 0, 0), CellRange(2, 2, 3, 3))
    selection.add(5, 1)
    selection.add(5, 1)
    assert selection.ranges == (CellRange(0, 0, 0, 0), CellRange(2, 2, 3, 3))
    assert selection.current == (2, 2)


def test_whole_rows_and_columns(selection: CellSelection) -> None:
    selection.select_rows(2, 4)
    assert selection.is_whole_rows
    assert selection.row_spans == [(2, 4)]
    selection.extend_rows(1)
    assert selection.row_spans == [(1, 2)]
    selection.select_columns(1, 1, row=6)
    assert selection.ranges == (CellRange(0, 1, 9, 1),)
    assert selection.current == (6, 1)
    selection.extend_columns(3)
    assert selection.columns == [1, 2, 3]
    assert not selection.is_whole_rows


def test_rows_of_overlapping_ranges_count_once(selection: CellSelection) -> None:
    selection.select_range(CellRange(0, 0, 3, 1))
    selection.add(2, 3)
    selection.extend(5, 3)
    selection.add(9, 0)
    assert selection.row_spans == [(0, 5), (9, 9)]
    assert selection.row_count == 7


def test_all_of_it_keeps_the_current_cell(selection: CellSelection) -> None:
    selection.select(4, 2)
    selection.select_all()
    assert selection.cell_count == 40
    assert selection.current == (4, 2)


def test_enter_walks_down_a_range_and_then_to_its_next_column(selection: CellSelection) -> None:
    selection.select_range(CellRange(1, 1, 2, 2))
    seen = []
    for _ in range(4):
        seen.append(selection.current)
        selection.advance(1, 0)
    assert seen == [(1, 1), (2, 1), (1, 2), (2, 2)]
    assert selection.current == (1, 1)
    selection.advance(-1, 0)
    assert selection.current == (2, 2)
    assert selection.ranges == (CellRange(1, 1, 2, 2),)


def test_tab_walks_across_a_range_and_on_into_the_next(selection: CellSelection) -> None:
    selection.select_range(CellRange(1, 1, 2, 2))
    selection.add(7, 0)
    selection.advance(0, 1)
    assert selection.current == (1, 1)
    for _ in range(4):
        selection.advance(0, 1)
    assert selection.current == (7, 0)


def test_enter_after_tabs_begins_the_next_row_where_the_first_tab_began(selection: CellSelection) -> None:
    selection.select(2, 1)
    selection.advance(0, 1)
    selection.advance(0, 1)
    assert selection.current == (2, 3)
    selection.advance(1, 0)
    assert selection.current == (3, 1)


def test_nothing_leads_out_of_the_table(selection: CellSelection) -> None:
    selection.select(9, 3)
    selection.advance(1, 0)
    assert selection.current == (9, 3)
    selection.extend(99, -5)
    assert selection.ranges == (CellRange(9, 0, 9, 3),)


def test_fewer_rows_leave_what_is_still_there(selection: CellSelection) -> None:
    selection.select_rows(3, 8)
    selection.resize(5, 4)
    assert selection.ranges == (CellRange(3, 0, 4, 3),)
    selection.resize(5, 6)
    assert selection.is_whole_rows
    selection.resize(2, 6)
    assert selection.current == (1, 0)
    selection.resize(0, 6)
    assert selection.current is None
    assert selection.ranges == ()


def test_columns_lie_side_by_side_and_scroll() -> None:
    lanes = Lanes([100, 50, 200], room=300, offset=30)
    assert lanes.strip(1) == Strip(1, 70, 50)
    assert [lanes.at(x) for x in (0, 69, 70, 119, 120, 299)] == [0, 0, 1, 1, 2, 2]
    assert Lanes([100, 50], room=300).at(150) == -1


def test_frozen_columns_stay_and_cover_what_scrolls() -> None:
    lanes = Lanes([100, 50, 200, 80], room=400, offset=60, frozen=1)
    assert lanes.strip(0) == Strip(0, 0, 100)
    assert lanes.strip(1) == Strip(1, 40, 50)
    assert lanes.at(50) == 0
    assert lanes.at(100) == 2  # the second is wholly under the first
    assert lanes.moving_area() == (100, 300)


def test_frozen_columns_leave_room_to_scroll() -> None:
    assert Lanes([300, 300, 100], room=500, frozen=2).frozen == 1


def test_from_right_to_left_everything_is_mirrored() -> None:
    lanes = Lanes([100, 50, 200], room=300, offset=10, frozen=1, rtl=True)
    assert lanes.strip(0) == Strip(0, 200, 100)
    assert lanes.strip(1) == Strip(1, 160, 50)
    assert lanes.at(299) == 0
    assert lanes.at(165) == 1
    assert lanes.moving_area() == (0, 200)
    assert lanes.edge_at(160, 3) == 1


def test_edges_are_found_from_either_side() -> None:
    lanes = Lanes([100, 50], room=300)
    assert [lanes.edge_at(x, 4) for x in (95, 96, 100, 104, 105, 149, 152)] == [-1, 0, 0, 0, -1, 1, 1]


def test_a_column_is_brought_into_sight_from_behind_the_frozen_ones() -> None:
    lanes = Lanes([100, 100, 100, 100, 100], room=300, offset=150, frozen=1)
    assert lanes.offset_for(0) == 150
    assert lanes.offset_for(2) == 100
    assert lanes.offset_for(4) == 200
    assert lanes.offset_for(3) == 150
