"""The messages of the Sheets API that the sandbox reads or writes, one line of fields each, and their enumerations.

A field is `name:type`; `[]` after the type repeats it, `!` after the name says that zero, false and empty are shown
when they were set (Google leaves out every other default). What is `any` is known by name and
not modelled. Names and types are those of the discovery document
(v4, revision 20261019); the tests hold them against it.
"""

from __future__ import annotations

from collections.abc import Mapping

MESSAGES: Mapping[str, str] = {
    # places
    "GridRange": "sheetId:int startRowIndex!:int endRowIndex!:int startColumnIndex!:int endColumnIndex!:int",
    "GridCoordinate": "sheetId:int rowIndex:int columnIndex:int",
    "DimensionRange": "sheetId:int dimension:Dimension startIndex!:int endIndex!:int",
    "DataFilter": "developerMetadataLookup:DeveloperMetadataLookup a1Range:str gridRange:GridRange",
    "DeveloperMetadataLookup": "locationType:DeveloperMetadataLocationType metadataLocation:DeveloperMetadataLocation"
    " locationMatchingStrategy:DeveloperMetadataLocationMatchingStrategy metadataId:int metadataKey:str"
    " metadataValue:str visibility:DeveloperMetadataVisibility",
    "DeveloperMetadataLocation": "locationType:DeveloperMetadataLocationType spreadsheet:bool sheetId!:int"
    " dimensionRange:DimensionRange",
    "DeveloperMetadata": "metadataId:int metadataKey:str metadataValue:str location:DeveloperMetadataLocation"
    " visibility:DeveloperMetadataVisibility",
    # values
    "ValueRange": "range:str majorDimension:Dimension values:ListValue[]",
    "DataFilterValueRange": "dataFilter:DataFilter majorDimension:Dimension values:ListValue[]",
    "BatchUpdateValuesRequest": "valueInputOption:ValueInputOption data:ValueRange[] includeValuesInResponse:bool"
    " responseValueRenderOption:ValueRenderOption responseDateTimeRenderOption:DateTimeRenderOption",
    "BatchUpdateValuesByDataFilterRequest": "valueInputOption:ValueInputOption data:DataFilterValueRange[]"
    " includeValuesInResponse:bool responseValueRenderOption:ValueRenderOption"
    " responseDateTimeRenderOption:DateTimeRenderOption",
    "BatchGetValuesByDataFilterRequest": "dataFilters:DataFilter[] majorDimension:Dimension"
    " valueRenderOption:ValueRenderOption dateTimeRenderOption:DateTimeRenderOption",
    "BatchClearValuesRequest": "ranges:str[]",
    "BatchClearValuesByDataFilterRequest": "dataFilters:DataFilter[]",
    "ClearValuesRequest": "",
    "SearchDeveloperMetadataRequest": "dataFilters:DataFilter[]",
    "GetSpreadsheetByDataFilterRequest": "dataFilters:DataFilter[] includeGridData:bool"
    " excludeTablesInBandedRanges:bool commentsViewMode:any",
    # looks
    "Color": "red:channel green:channel blue:channel alpha:channel",
    "ColorStyle": "rgbColor:Color themeColor:ThemeColorType",
    "NumberFormat": "type:NumberFormatType pattern:str",
    "Link": "uri:str",
    "TextFormat": "foregroundColor:Color fontFamily:str fontSize:int bold!:bool italic!:bool strikethrough!:bool"
    " underline!:bool link:Link foregroundColorStyle:ColorStyle",
    "Border": "style:BorderStyle width:int color:Color colorStyle:ColorStyle",
    "Borders": "top:Border bottom:Border left:Border right:Border",
    "Padding": "top:int right:int bottom:int left:int",
    "TextRotation": "angle:int vertical:bool",
    "CellFormat": "numberFormat:NumberFormat backgroundColor:Color borders:Borders padding:Padding"
    " horizontalAlignment:HorizontalAlign verticalAlignment:VerticalAlign wrapStrategy:WrapStrategy"
    " textDirection:TextDirection textFormat:TextFormat hyperlinkDisplayType:HyperlinkDisplayType"
    " textRotation:TextRotation backgroundColorStyle:ColorStyle",
    # cells
    "ErrorValue": "type:ErrorType message:str",
    "ExtendedValue": "numberValue!:num stringValue!:str boolValue!:bool formulaValue!:str errorValue:ErrorValue",
    "ConditionValue": "relativeDate:RelativeDate userEnteredValue:str",
    "BooleanCondition": "type:ConditionType values:ConditionValue[]",
    "DataValidationRule": "condition:BooleanCondition inputMessage:str strict:bool showCustomUi:bool",
    "CellData": "userEnteredValue:ExtendedValue effectiveValue:ExtendedValue formattedValue:str"
    " userEnteredFormat:CellFormat effectiveFormat:CellFormat hyperlink:str note:str textFormatRuns:any"
    " dataValidation:DataValidationRule chipRuns:any pivotTable:any dataSourceTable:any dataSourceFormula:any",
    "RowData": "values:CellData[]",
    "DimensionProperties": "hiddenByFilter:bool hiddenByUser:bool pixelSize:int"
    " developerMetadata:DeveloperMetadata[] dataSourceColumnReference:any",
    "GridData": "startRow:int startColumn:int rowData:RowData[] rowMetadata:DimensionProperties[]"
    " columnMetadata:DimensionProperties[]",
    # tabs and what lies on them
    "GridProperties": "rowCount:int columnCount:int frozenRowCount:int frozenColumnCount:int hideGridlines:bool"
    " rowGroupControlAfter:bool columnGroupControlAfter:bool",
    "SheetProperties": "sheetId!:int title:str index!:int sheetType:SheetType gridProperties:GridProperties"
    " hidden:bool tabColor:Color rightToLeft:bool tabColorStyle:ColorStyle dataSourceSheetProperties:any",
    "Editors": "users:str[] groups:str[] domainUsersCanEdit:bool",
    "ProtectedRange": "protectedRangeId:int range:GridRange namedRangeId:str description:str warningOnly:bool"
    " requestingUserCanEdit:bool unprotectedRanges:GridRange[] editors!:Editors tableId:any",
    "NamedRange": "namedRangeId:str name:str range:GridRange",
    "BooleanRule": "condition:BooleanCondition format:CellFormat",
    "InterpolationPoint": "color:Color colorStyle:ColorStyle type:InterpolationPointType value:str",
    "GradientRule": "minpoint:InterpolationPoint midpoint:InterpolationPoint maxpoint:InterpolationPoint",
    "ConditionalFormatRule": "ranges:GridRange[] booleanRule:BooleanRule gradientRule:GradientRule",
    "SortSpec": "dimensionIndex!:int sortOrder:SortOrder foregroundColor:Color backgroundColor:Color"
    " foregroundColorStyle:ColorStyle backgroundColorStyle:ColorStyle dataSourceColumnReference:any",
    "FilterCriteria": "hiddenValues:str[] condition:BooleanCondition visibleBackgroundColor:Color"
    " visibleForegroundColor:Color visibleBackgroundColorStyle:ColorStyle visibleForegroundColorStyle:ColorStyle",
    "FilterSpec": "filterCriteria:FilterCriteria columnIndex!:int dataSourceColumnReference:any",
    "BasicFilter": "range:GridRange sortSpecs:SortSpec[] filterSpecs:FilterSpec[] criteria:any tableId:any",
    "FilterView": "filterViewId:int title:str range:GridRange namedRangeId:str sortSpecs:SortSpec[]"
    " filterSpecs:FilterSpec[] criteria:any tableId:any",
    "DimensionGroup": "range:DimensionRange depth:int collapsed:bool",
    "TableColumnDataValidationRule": "condition:BooleanCondition",
    "TableColumnProperties": "columnIndex!:int columnName:str columnType:ColumnType"
    " dataValidationRule:TableColumnDataValidationRule",
    "TableRowsProperties": "headerColorStyle:ColorStyle firstBandColorStyle:ColorStyle"
    " secondBandColorStyle:ColorStyle footerColorStyle:ColorStyle",
    "Table": "tableId:str name:str range:GridRange rowsProperties:TableRowsProperties"
    " columnProperties:TableColumnProperties[]",
    "Sheet": "properties:SheetProperties data:GridData[] merges:GridRange[]"
    " conditionalFormats:ConditionalFormatRule[] protectedRanges:ProtectedRange[] basicFilter:BasicFilter"
    " filterViews:FilterView[] developerMetadata:DeveloperMetadata[] rowGroups:DimensionGroup[]"
    " columnGroups:DimensionGroup[] tables:Table[] charts:any bandedRanges:any slicers:any commentAnchors:any",
    "SpreadsheetProperties": "title:str locale:str autoRecalc:RecalculationInterval timeZone:str"
    " defaultFormat:CellFormat iterativeCalculationSettings:any spreadsheetTheme:any"
    " importFunctionsExternalUrlAccessAllowed:bool",
    "Spreadsheet": "spreadsheetId:str properties:SpreadsheetProperties sheets:Sheet[] namedRanges:NamedRange[]"
    " spreadsheetUrl:str developerMetadata:DeveloperMetadata[] dataSources:any dataSourceSchedules:any"
    " comments:any commentsViewMode:any",
}

ENUMS: Mapping[str, str] = {
    "Dimension": "ROWS COLUMNS",
    "ValueInputOption": "RAW USER_ENTERED",
    "ValueRenderOption": "FORMATTED_VALUE UNFORMATTED_VALUE FORMULA",
    "DateTimeRenderOption": "SERIAL_NUMBER FORMATTED_STRING",
    "InsertDataOption": "OVERWRITE INSERT_ROWS",
    "SheetType": "GRID OBJECT DATA_SOURCE",
    "SortOrder": "ASCENDING DESCENDING",
    "MergeType": "MERGE_ALL MERGE_COLUMNS MERGE_ROWS",
    "PasteType": "PASTE_NORMAL PASTE_VALUES PASTE_FORMAT PASTE_NO_BORDERS PASTE_FORMULA PASTE_DATA_VALIDATION"
    " PASTE_CONDITIONAL_FORMATTING",
    "PasteOrientation": "NORMAL TRANSPOSE",
    "DeveloperMetadataLocationType": "ROW COLUMN SHEET SPREADSHEET",
    "DeveloperMetadataLocationMatchingStrategy": "EXACT_LOCATION INTERSECTING_LOCATION",
    "DeveloperMetadataVisibility": "DOCUMENT PROJECT",
    "ThemeColorType": "TEXT BACKGROUND ACCENT1 ACCENT2 ACCENT3 ACCENT4 ACCENT5 ACCENT6 LINK",
    "NumberFormatType": "TEXT NUMBER PERCENT CURRENCY DATE TIME DATE_TIME SCIENTIFIC",
    "BorderStyle": "DOTTED DASHED SOLID SOLID_MEDIUM SOLID_THICK NONE DOUBLE",
    "HorizontalAlign": "LEFT CENTER RIGHT",
    "VerticalAlign": "TOP MIDDLE BOTTOM",
    "WrapStrategy": "OVERFLOW_CELL LEGACY_WRAP CLIP WRAP",
    "TextDirection": "LEFT_TO_RIGHT RIGHT_TO_LEFT",
    "HyperlinkDisplayType": "LINKED PLAIN_TEXT",
    "ErrorType": "ERROR NULL_VALUE DIVIDE_BY_ZERO VALUE REF NAME NUM N_A LOADING",
    "RelativeDate": "PAST_YEAR PAST_MONTH PAST_WEEK YESTERDAY TODAY TOMORROW",
    "InterpolationPointType": "MIN MAX NUMBER PERCENT PERCENTILE",
    "ColumnType": "DOUBLE CURRENCY PERCENT DATE TIME DATE_TIME TEXT BOOLEAN DROPDOWN FILES_CHIP PEOPLE_CHIP"
    " FINANCE_CHIP PLACE_CHIP RATINGS_CHIP",
    "RecalculationInterval": "ON_CHANGE MINUTE HOUR",
    "ConditionType": "NUMBER_GREATER NUMBER_GREATER_THAN_EQ NUMBER_LESS NUMBER_LESS_THAN_EQ NUMBER_EQ NUMBER_NOT_EQ"
    " NUMBER_BETWEEN NUMBER_NOT_BETWEEN TEXT_CONTAINS TEXT_NOT_CONTAINS TEXT_STARTS_WITH TEXT_ENDS_WITH TEXT_EQ"
    " TEXT_IS_EMAIL TEXT_IS_URL DATE_EQ DATE_BEFORE DATE_AFTER DATE_ON_OR_BEFORE DATE_ON_OR_AFTER DATE_BETWEEN"
    " DATE_NOT_BETWEEN DATE_IS_VALID ONE_OF_RANGE ONE_OF_LIST BLANK NOT_BLANK CUSTOM_FORMULA BOOLEAN TEXT_NOT_EQ"
    " DATE_NOT_EQ FILTER_EXPRESSION",
}
