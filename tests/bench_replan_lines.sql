-- Whole lines: the figures with key, rate, plan, reason, the invoices that cover the month, and the sentence in Why.
, paid AS (  -- the invoices on which money came in on a day
    SELECT i.deal, p.day, string_agg(DISTINCT 'INV-' || i.id, ', ' ORDER BY 'INV-' || i.id) AS numbers
    FROM payments p JOIN invoices i ON i.id = p.invoice
    WHERE p.day <= $today AND i.day <= $today AND p.amount > 0 GROUP BY i.deal, p.day
), left_open AS (
    SELECT i.deal, 'INV-' || i.id AS number, i.total - coalesce(came.amount, 0) AS amount
    FROM invoices i LEFT JOIN came ON came.invoice = i.id WHERE i.day <= $today
), due AS (  -- the first invoice on which something is open
    SELECT deal, min_by(
        format('{} has {:,}.{:02d} open', number, (amount // 100)::BIGINT, (amount % 100)::BIGINT), number
    ) AS words
    FROM left_open WHERE amount > 0 GROUP BY deal
), received AS (
    SELECT deal, sign(sum(net)) AS sign, ((2 * abs(sum(net)) + 6) // 12)::BIGINT AS net FROM moves GROUP BY deal
), waits AS (
    SELECT d.id AS deal, coalesce(
        due.words,
        format('no invoice is open; {}{:,}.{:02d} net received so far',
               CASE WHEN r.sign < 0 AND r.net > 0 THEN '-' ELSE '' END, coalesce(r.net, 0) // 100,
               coalesce(r.net, 0) % 100)
    ) AS words
    FROM deals d LEFT JOIN due ON due.deal = d.id LEFT JOIN received r ON r.deal = d.id
), worded AS (
    SELECT j.*, d.partner, paid.numbers, waits.words AS waits, format('of {}, 2025', j.rate) AS plan,
        CASE WHEN j.rate % 100 = 0 THEN format('{} %', j.rate // 100)
            ELSE rtrim(format('{}.{:02d}', j.rate // 100, j.rate % 100), '0') || ' %' END AS percent,
        format('{:,}.{:02d}', base // 100, base % 100) AS yearly,
        (2 * base + 12) // 24 AS monthly, total::BIGINT AS after, (total - amount)::BIGINT AS before,
        amount::BIGINT AS own
    FROM judged j JOIN deals d ON d.id = j.deal JOIN waits ON waits.deal = j.deal
    LEFT JOIN paid ON paid.deal = j.deal AND paid.day = j.day
)
SELECT deal, month, CASE status WHEN 'Cancelled' THEN 0 ELSE own END AS amount, status,
    CASE status WHEN 'Confirmed' THEN day END AS day,
    format('{}/p{}/{}/commission', deal, partner, strftime(month, '%Y-%m')) AS key, format('p{}', partner) AS partner,
    format('L-{}', deal) AS lead, CASE status WHEN 'Confirmed' THEN numbers ELSE '' END AS invoice, percent AS rate,
    plan, base, CASE status WHEN 'Cancelled' THEN 'never paid for' ELSE '' END AS reason,
    CASE status WHEN 'Cancelled' THEN '' ELSE
        format('{:,}.{:02d} a month ({} a year ÷ 12) × {} (plan {})', monthly // 100, monthly % 100, yearly, percent,
               plan)
        || CASE WHEN own * 120000 = base * rate THEN '' ELSE
            format(', running total {:,}.{:02d} − {:,}.{:02d}', after // 100, after % 100, before // 100,
                   before % 100) END
        || format(' = {:,}.{:02d}; month {} of 12', own // 100, own % 100, k)
        || CASE status WHEN 'Waiting' THEN '; waits for the client: ' || waits
            WHEN 'Confirmed' THEN format('; covered by {}, paid {}', numbers, day::VARCHAR) ELSE '' END
    END AS why
FROM worded
