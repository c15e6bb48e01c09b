"""SQL of exports: one moment's picture of the data."""

READ_ONLY_SNAPSHOT = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
# As long as it takes, and with the processes that a page may not have (`ops.cluster`): a file is one statement of seconds.
WHOLE_LAYER = (
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;"
    " SET LOCAL max_parallel_workers_per_gather = 2"
)
