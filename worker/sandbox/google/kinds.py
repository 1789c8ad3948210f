"""The kinds of request of spreadsheets.batchUpdate with their fields; those that Google has and the sandbox has not.

Written like `messages.MESSAGES`; the name of a kind's message is the kind with a capital and `Request`.
"""

from __future__ import annotations

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "updateSpreadsheetProperties": "properties:SpreadsheetProperties fields:mask",
    "addSheet": "properties:SheetProperties",
    "deleteSheet": "sheetId:int",
    "duplicateSheet": "sourceSheetId:int insertSheetIndex:int newSheetId:int newSheetName:str",
    "updateSheetProperties": "properties:SheetProperties fields:mask",
    "updateCells": "rows:RowData[] fields:mask start:GridCoordinate range:GridRange",
    "appendCells": "sheetId:int rows:RowData[] fields:mask tableId:str",
    "repeatCell": "range:GridRange cell:CellData fields:mask",
    "insertDimension": "range:DimensionRange inheritFromBefore:bool",
    "appendDimension": "sheetId:int dimension:Dimension length:int",
    "deleteDimension": "range:DimensionRange",
    "moveDimension": "source:DimensionRange destinationIndex:int",
    "updateDimensionProperties": "range:DimensionRange properties:DimensionProperties fields:mask"
    " dataSourceSheetRange:any",
    "autoResizeDimensions": "dimensions:DimensionRange dataSourceSheetDimensions:any",
    "addDimensionGroup": "range:DimensionRange",
    "deleteDimensionGroup": "range:DimensionRange",
    "copyPaste": "source:GridRange destination:GridRange pasteType:PasteType pasteOrientation:PasteOrientation",
    "cutPaste": "source:GridRange destination:GridCoordinate pasteType:PasteType",
    "sortRange": "range:GridRange sortSpecs:SortSpec[]",
    "findReplace": "find:str replacement:str matchCase:bool matchEntireCell:bool searchByRegex:bool"
    " includeFormulas:bool range:GridRange sheetId:int allSheets:bool",
    "mergeCells": "range:GridRange mergeType:MergeType",
    "unmergeCells": "range:GridRange",
    "setDataValidation": "range:GridRange rule:DataValidationRule filteredRowsIncluded:bool",
    "addProtectedRange": "protectedRange:ProtectedRange",
    "updateProtectedRange": "protectedRange:ProtectedRange fields:mask",
    "deleteProtectedRange": "protectedRangeId:int",
    "addConditionalFormatRule": "rule:ConditionalFormatRule index:int",
    "updateConditionalFormatRule": "index:int sheetId:int rule:ConditionalFormatRule newIndex:int",
    "deleteConditionalFormatRule": "index:int sheetId:int",
    "addNamedRange": "namedRange:NamedRange",
    "updateNamedRange": "namedRange:NamedRange fields:mask",
    "deleteNamedRange": "namedRangeId:str",
    "setBasicFilter": "filter:BasicFilter",
    "clearBasicFilter": "sheetId:int",
    "addFilterView": "filter:FilterView",
    "deleteFilterView": "filterId:int",
    "addTable": "table:Table",
    "deleteTable": "tableId:str",
    "createDeveloperMetadata": "developerMetadata:DeveloperMetadata",
    "updateDeveloperMetadata": "dataFilters:DataFilter[] developerMetadata:DeveloperMetadata fields:mask",
    "deleteDeveloperMetadata": "dataFilter:DataFilter",
}

NOT_MODELLED = frozenset({
    "addBanding", "addChart", "addCommentReply", "addDataSource", "addSlicer", "autoFill", "cancelDataSourceRefresh",
    "deleteBanding", "deleteComment", "deleteCommentReply", "deleteDataSource", "deleteDuplicates",
    "deleteEmbeddedObject", "deleteRange", "duplicateFilterView", "insertComment", "insertRange", "pasteData",
    "randomizeRange", "refreshDataSource", "textToColumns", "trimWhitespace", "updateBanding", "updateBorders",
    "updateChartSpec", "updateCommentPost", "updateDataSource", "updateDimensionGroup", "updateEmbeddedObjectBorder",
    "updateEmbeddedObjectPosition", "updateFilterView", "updateSlicerSpec", "updateTable",
})  # fmt: skip


def message(kind: str) -> str:
    """Return the name of the message of a kind of request."""
    return kind[0].upper() + kind[1:] + "Request"
