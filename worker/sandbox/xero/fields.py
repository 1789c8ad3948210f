"""The fields that a body may have, by type: the properties of the OpenAPI description 16.1.0 (2026-07).

What the description calls read-only is taken and ignored, as are the fields that the sandbox has no use for; the few
that only answers have (DateString, ID) are taken too, so that what was read can be posted back. The rest are typos.
"""

FIELDS = {
    kind: frozenset(names.split())
    for kind, names in {
        "Invoice": """
            Type Contact LineItems Date DueDate LineAmountTypes InvoiceNumber Reference BrandingThemeID Url
            CurrencyCode CurrencyRate Status SentToContact ExpectedPaymentDate PlannedPaymentDate CISDeduction
            CISRate SubTotal TotalTax Total TotalDiscount InvoiceID RepeatingInvoiceID HasAttachments IsDiscounted
            Payments Prepayments Overpayments AmountDue AmountPaid FullyPaidOnDate AmountCredited UpdatedDateUTC
            UpdatedDateUTCString CreditNotes Attachments HasErrors StatusAttributeString ValidationErrors Warnings
            InvoiceAddresses DateString DueDateString
        """,
        "CreditNote": """
            Type Contact Date DueDate Status LineAmountTypes LineItems SubTotal TotalTax Total CISDeduction CISRate
            UpdatedDateUTC UpdatedDateUTCString CurrencyCode FullyPaidOnDate CreditNoteID CreditNoteNumber Reference
            SentToContact CurrencyRate RemainingCredit Allocations AppliedAmount Payments BrandingThemeID
            StatusAttributeString HasAttachments HasErrors ValidationErrors Warnings InvoiceAddresses DateString
            DueDateString ID
        """,
        "Overpayment": """
            Type Contact Date Status LineAmountTypes LineItems SubTotal TotalTax Total UpdatedDateUTC
            UpdatedDateUTCString CurrencyCode OverpaymentID CurrencyRate RemainingCredit Allocations AppliedAmount
            Payments HasAttachments Reference Attachments DateString ID
        """,
        "Prepayment": """
            Type Contact Date Status LineAmountTypes LineItems SubTotal TotalTax Total Reference InvoiceNumber
            UpdatedDateUTC UpdatedDateUTCString CurrencyCode PrepaymentID BrandingThemeID CurrencyRate
            RemainingCredit Allocations Payments AppliedAmount HasAttachments Attachments DateString ID
        """,
        "LineItem": """
            LineItemID Description Quantity UnitAmount ItemCode AccountCode AccountID TaxType TaxAmount Item
            LineAmount Tracking DiscountRate DiscountAmount RepeatingInvoiceID Taxability SalesTaxCodeId
            TaxBreakdown ValidationErrors
        """,
        "Contact": """
            ContactID MergedToContactID ContactNumber AccountNumber ContactStatus Name FirstName LastName
            CompanyNumber EmailAddress ContactPersons BankAccountDetails TaxNumber TaxNumberType
            AccountsReceivableTaxType AccountsPayableTaxType Addresses Phones IsSupplier IsCustomer
            SalesDefaultLineAmountType PurchasesDefaultLineAmountType DefaultCurrency XeroNetworkKey
            SalesDefaultAccountCode PurchasesDefaultAccountCode SalesTrackingCategories PurchasesTrackingCategories
            TrackingCategoryName TrackingCategoryOption PaymentTerms UpdatedDateUTC ContactGroups Website
            BrandingTheme BatchPayments Discount Balances Attachments HasAttachments ValidationErrors
            HasValidationErrors StatusAttributeString
        """,
        "Account": """
            Code Name AccountID Type BankAccountNumber Status Description BankAccountType CurrencyCode TaxType
            EnablePaymentsToAccount ShowInExpenseClaims Class SystemAccount ReportingCode ReportingCodeName
            HasAttachments UpdatedDateUTC AddToWatchlist ValidationErrors
        """,
        "Payment": """
            Invoice CreditNote Prepayment Overpayment InvoiceNumber CreditNoteNumber BatchPayment Account Code Date
            CurrencyRate Amount BankAmount Reference IsReconciled Status PaymentType UpdatedDateUTC
            UpdatedDateUTCString PaymentID BatchPaymentID BankAccountNumber Particulars Details HasAccount
            HasValidationErrors StatusAttributeString ValidationErrors Warnings
        """,
        "BatchPayment": """
            Account Reference Particulars Code Details Narrative BatchPaymentID DateString Date Amount Payments Type
            Status TotalAmount UpdatedDateUTC IsReconciled ValidationErrors
        """,
        "Allocation": """
            AllocationID Invoice Overpayment Prepayment CreditNote Amount Date IsDeleted StatusAttributeString
            ValidationErrors
        """,
    }.items()
}
