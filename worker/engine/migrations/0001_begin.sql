-- What the worker remembers between runs. A cache, a journal and a calendar: losing it doubles nothing.
-- Types are those that SQLite and PostgreSQL both read. Instants for people are RFC 3339 text in UTC; instants that are
-- only compared are seconds since 1970.

-- What connectors remember, by programme and provider.
CREATE TABLE memory (
    space TEXT NOT NULL,
    shelf TEXT NOT NULL,
    item TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (space, shelf, item)
);

CREATE TABLE cursors (
    space TEXT NOT NULL,
    shelf TEXT NOT NULL,
    position TEXT NOT NULL,
    PRIMARY KEY (space, shelf)
);

-- The pace: how many calls were taken under each limit, until when the service wants none at all, and by block of calls
-- from when they could be sent and when the last of them was.
CREATE TABLE limits (
    name TEXT PRIMARY KEY,
    shape TEXT NOT NULL,
    taken BIGINT NOT NULL,
    paused_until DOUBLE PRECISION NOT NULL
);

CREATE TABLE limit_blocks (
    name TEXT NOT NULL,
    block BIGINT NOT NULL,
    free_at DOUBLE PRECISION NOT NULL,
    last_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (name, block)
);

CREATE TABLE calls (
    name TEXT NOT NULL,
    day TEXT NOT NULL,
    calls BIGINT NOT NULL,
    PRIMARY KEY (name, day)
);

-- The outbox. A row is never deleted: it is the memory of what was said.
CREATE TABLE messages (
    programme TEXT NOT NULL,
    notice TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    flow TEXT NOT NULL,
    address TEXT NOT NULL,
    body BYTEA NOT NULL,
    reason TEXT NOT NULL,
    created_at TEXT NOT NULL,
    begun_at TEXT,
    owner TEXT NOT NULL,
    provider_id TEXT,
    sent_at TEXT,
    words TEXT NOT NULL,
    PRIMARY KEY (programme, notice, channel)
);

CREATE INDEX messages_by_state ON messages (programme, state);

-- Runs: who works on what, until when; how each flow fares; which firings were taken.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    token TEXT NOT NULL,
    expires DOUBLE PRECISION NOT NULL
);

CREATE TABLE health (
    programme TEXT NOT NULL,
    flow TEXT NOT NULL,
    state TEXT NOT NULL,
    words TEXT NOT NULL,
    counts TEXT NOT NULL,
    started_at TEXT NOT NULL,
    succeeded_at TEXT,
    seconds DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (programme, flow)
);

CREATE TABLE firings (
    key TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (key, at)
);
