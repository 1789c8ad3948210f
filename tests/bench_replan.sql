-- What both statements of tests/bench_replan.py select from: exact integers throughout, in pence, rounded half
-- away from zero.
-- Net cash is counted in sixths of a penny (a third of the invoices has 20 % tax), bases in pence a year: a month is
-- covered when 2 * net >= sum of its yearly bases - 12 * k, with a penny of tolerance a month.
WITH moves AS (
    SELECT i.deal, p.day, sum(p.amount * 6 * i.net // i.total) AS net
    FROM payments p JOIN invoices i ON i.id = p.invoice WHERE p.day <= $today AND i.day <= $today
    GROUP BY i.deal, p.day
), running AS (
    SELECT deal, day, sum(net) OVER (PARTITION BY deal ORDER BY day) AS net FROM moves
), floors AS (  -- the least that the net cash has been from that day on
    SELECT deal, day, min(net) OVER (
        PARTITION BY deal ORDER BY day ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
    ) AS net FROM running
), steps AS (
    SELECT deal, 2 * net AS net, min(day) AS day FROM floors WHERE net > 0 GROUP BY deal, net
), came AS (
    SELECT invoice, sum(amount) AS amount FROM payments WHERE day <= $today AND amount > 0 GROUP BY invoice
), billed AS (
    SELECT i.deal, sum(i.net) AS net, bool_or(coalesce(came.amount, 0) < i.total) AS open
    FROM invoices i LEFT JOIN came ON came.invoice = i.id WHERE i.day <= $today GROUP BY i.deal
), months AS (
    SELECT d.id AS deal, d.rate, r.k, date_trunc('month', d.won) + to_months(r.k::INTEGER - 1) AS month,
        month + to_months(1) <= $today AS over, date_trunc('month', d.won) + to_months(12) <= $today AS ended,
        CASE WHEN over THEN coalesce(s.value, d.value) ELSE d.value END AS base
    FROM deals d CROSS JOIN range(1, 13) r(k) LEFT JOIN standing s ON s.deal = d.id AND s.k = r.k
), marked AS (  -- F starts afresh where the base changes
    SELECT *, sum(base) OVER so_far - 12 * k AS needed,
        base IS DISTINCT FROM lag(base) OVER so_far AS afresh
    FROM months WINDOW so_far AS (PARTITION BY deal ORDER BY k)
), counted AS (
    SELECT *, k - max(CASE WHEN afresh THEN k - 1 ELSE 0 END) OVER (PARTITION BY deal ORDER BY k) AS j FROM marked
), priced AS (
    SELECT *, (2 * j::HUGEINT * base * rate + 120000) // 240000 AS total,
        total - (2 * (j - 1)::HUGEINT * base * rate + 120000) // 240000 AS amount
    FROM counted
), covered AS (
    SELECT p.*, s.day FROM priced p ASOF LEFT JOIN steps s ON s.deal = p.deal AND s.net >= p.needed
), judged AS (
    SELECT c.*, CASE
        WHEN c.day IS NULL AND c.ended AND NOT b.open AND 12 * b.net >= c.needed THEN 'Cancelled'
        WHEN NOT c.over THEN 'Expected' WHEN c.day IS NULL THEN 'Waiting' ELSE 'Confirmed' END AS status
    FROM covered c LEFT JOIN billed b ON b.deal = c.deal
)
