-- The figures alone: of every line its amount, its status and since when cash covers it.
SELECT deal, month, CASE status WHEN 'Cancelled' THEN 0 ELSE amount END AS amount, status,
    CASE status WHEN 'Confirmed' THEN day END AS day
FROM judged
