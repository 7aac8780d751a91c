"""Privileges of the database roles: each is listed here, and needed by a statement that the role's code can execute.

The statements are found by following the code from the handlers that run as a role (`tests/support/role_statements.py`); Postgres
itself says what each of them needs. So a privilege without a statement fails, and so does a statement without its privilege.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
import pytest

from chalicelib.exports import claim_store
from tests.integration.conftest import Cloud
from tests.support.role_statements import Statement, reachable, statements

ROLES = ("visionary_app", "visionary_sweep")
BITS = {"INSERT": 1, "SELECT": 2, "UPDATE": 4, "DELETE": 8}

# Everything that somebody else than the owner role may do, as the catalogue has it. Columns are in brackets.
LISTED = """
PUBLIC: CONNECT database
visionary_app: USAGE schema app
visionary_app: USAGE schema public
visionary_app: INSERT SELECT UPDATE table accounts
visionary_app: DELETE INSERT SELECT UPDATE table annotations
visionary_app: DELETE INSERT SELECT table api_keys
visionary_app: UPDATE table api_keys (last_used_at)
visionary_app: SELECT table audit_checks
visionary_app: SELECT table audit_events
visionary_app: INSERT table audit_events (owner_id, actor, action, subject_id, detail, address, agent, request_id)
visionary_app: SELECT table audit_heads
visionary_app: INSERT SELECT UPDATE table changes
visionary_app: DELETE INSERT SELECT UPDATE table collection_items
visionary_app: DELETE INSERT SELECT UPDATE table collections
visionary_app: INSERT SELECT UPDATE table erasures
visionary_app: DELETE INSERT SELECT table export_entries
visionary_app: DELETE INSERT SELECT table export_parts
visionary_app: INSERT SELECT UPDATE table exports
visionary_app: INSERT SELECT table former_passages
visionary_app: INSERT SELECT UPDATE table idempotency_keys
visionary_app: DELETE INSERT SELECT UPDATE table lexicon_entries
visionary_app: INSERT SELECT UPDATE table listener_preferences
visionary_app: INSERT SELECT UPDATE table listening_positions
visionary_app: DELETE INSERT SELECT UPDATE table media
visionary_app: DELETE INSERT SELECT table media_passages
visionary_app: DELETE INSERT SELECT table media_tags
visionary_app: INSERT SELECT UPDATE table multipart_uploads
visionary_app: INSERT SELECT table object_deletions
visionary_app: DELETE INSERT SELECT table outbox
visionary_app: DELETE INSERT SELECT table play_queue_items
visionary_app: DELETE INSERT SELECT UPDATE table podcasts
visionary_app: DELETE INSERT SELECT UPDATE table recognition_pages
visionary_app: INSERT SELECT UPDATE table recognitions
visionary_app: INSERT SELECT table scan_results
visionary_app: INSERT SELECT table search_configs
visionary_app: DELETE INSERT SELECT UPDATE table search_words
visionary_app: DELETE INSERT SELECT UPDATE table shares
visionary_app: INSERT SELECT UPDATE table speech_calls
visionary_app: DELETE INSERT SELECT UPDATE table speech_cuts
visionary_app: DELETE INSERT SELECT UPDATE table speech_exports
visionary_app: DELETE INSERT SELECT UPDATE table speech_jobs
visionary_app: DELETE INSERT SELECT table speech_moments
visionary_app: DELETE INSERT SELECT UPDATE table speech_pending_jobs
visionary_app: DELETE INSERT SELECT UPDATE table speech_pending_owners
visionary_app: INSERT SELECT UPDATE table speech_providers
visionary_app: INSERT SELECT UPDATE table speech_segments
visionary_app: INSERT SELECT UPDATE table speech_voice_paces
visionary_app: SELECT table sweep_schedule
visionary_app: INSERT UPDATE table sweep_schedule (first_wake_at, last_wake_at)
visionary_app: DELETE INSERT SELECT UPDATE table text_requests
visionary_app: DELETE INSERT SELECT UPDATE table text_versions
visionary_app: INSERT SELECT UPDATE table webhook_deliveries
visionary_app: INSERT SELECT UPDATE table webhook_sequences
visionary_app: DELETE INSERT SELECT UPDATE table webhooks
visionary_dispatch: USAGE schema public
visionary_dispatch: SELECT table speech_calls (id, owner_id, job_id, index, provider, outcome, begun_at, lease_until, answered_at)
visionary_dispatch: SELECT table speech_jobs (id, owner_id, status)
visionary_dispatch: SELECT table speech_pending_jobs
visionary_dispatch: SELECT table speech_pending_owners
visionary_dispatch: SELECT table speech_segments (job_id, index, status, provider, ready_at)
visionary_search: USAGE schema app
visionary_search: USAGE schema public
visionary_search: SELECT table search_configs
visionary_search: SELECT table search_words
visionary_sweep: USAGE schema app
visionary_sweep: USAGE schema public
visionary_sweep: SELECT UPDATE table accounts
visionary_sweep: DELETE SELECT table api_keys
visionary_sweep: INSERT SELECT UPDATE table audit_checks
visionary_sweep: SELECT table audit_events
visionary_sweep: INSERT table audit_events (owner_id, actor, action, subject_id, detail, address, agent, request_id)
visionary_sweep: SELECT table audit_heads
visionary_sweep: DELETE INSERT SELECT UPDATE table changes
visionary_sweep: SELECT table erasures
visionary_sweep: DELETE SELECT table exports
visionary_sweep: SELECT table former_passages
visionary_sweep: DELETE SELECT table idempotency_keys
visionary_sweep: DELETE SELECT UPDATE table media
visionary_sweep: SELECT table media_passages
visionary_sweep: SELECT table multipart_uploads
visionary_sweep: DELETE INSERT SELECT UPDATE table object_deletions
visionary_sweep: DELETE INSERT SELECT table outbox
visionary_sweep: DELETE SELECT UPDATE table rate_limits
visionary_sweep: DELETE SELECT table recognitions
visionary_sweep: INSERT table search_configs
visionary_sweep: DELETE INSERT SELECT table search_words
visionary_sweep: DELETE SELECT table shares
visionary_sweep: DELETE INSERT SELECT UPDATE table speech_calls
visionary_sweep: SELECT table speech_cuts
visionary_sweep: DELETE SELECT table speech_exports
visionary_sweep: SELECT UPDATE table speech_jobs
visionary_sweep: DELETE INSERT SELECT UPDATE table speech_pending_jobs
visionary_sweep: DELETE INSERT SELECT UPDATE table speech_pending_owners
visionary_sweep: INSERT SELECT UPDATE table speech_providers
visionary_sweep: SELECT UPDATE table speech_segments
visionary_sweep: SELECT table speech_voice_paces
visionary_sweep: INSERT SELECT UPDATE table sweep_rounds
visionary_sweep: INSERT SELECT UPDATE table sweep_schedule
visionary_sweep: DELETE INSERT SELECT UPDATE table text_requests
visionary_sweep: DELETE INSERT SELECT UPDATE table webhook_deliveries
visionary_sweep: INSERT SELECT UPDATE table webhook_sequences
visionary_sweep: SELECT UPDATE table webhooks
"""

# Functions by role. A trigger's function is on nobody's list: only the owner role makes triggers.
FUNCTIONS = {
    "visionary_app": """
        add_pending_job asked audit_fault audit_hash become calls_under_way change_feed_id consume_rate_limit count_request
        current_owner_id delete_owner_rows erase fold in_flight_calls next_pending_jobs next_ready_at owned
        owner pending_jobs prefix_owner pseudonym rank_passages ready_jobs search set_current_owner sort_key
        take text_config to_folded_vector to_search_query to_search_vector to_unstemmed_vector verify_audit_events
        waiting_for_calls words
    """,
    "visionary_dispatch": """
        current_owner_id
    """,
    "visionary_search": """
        current_owner_id prefix_owner to_search_query
    """,
    "visionary_sweep": """
        add_pending_job asked audit_fault audit_hash become calls_under_way consume_rate_limit current_owner_id
        delete_old_audit_events fold forget_audit in_flight_calls maintain_partitions next_pending_jobs
        next_ready_at owned owner pending_jobs prefix_owner pseudonym ready_jobs set_current_owner sort_key take
        text_config to_folded_vector to_search_query to_search_vector to_unstemmed_vector verify_audit_events
        waiting_for_calls words
    """,
}

# Privileges without a statement in the code of a role.
ALL_OWNED = "every table with an owner is counted by an erasure and read by an account's export"
BY_TRIGGER = "add_pending_job, which triggers of speech_jobs and speech_segments call, runs as who changes these"
RECORDED = "record_change and record_changes, which triggers of other tables call, run as who changes these"
RELEASE_BEFORE = "the sweep of the release before deletes old calls"
OTHERWISE_USED: Mapping[str, Mapping[tuple[str, str], str]] = {
    "visionary_app": {
        ("object_deletions", "SELECT"): ALL_OWNED,
        ("search_configs", "SELECT"): ALL_OWNED,
        ("speech_pending_jobs", "INSERT"): BY_TRIGGER,
        ("speech_pending_owners", "INSERT"): BY_TRIGGER,
        ("changes", "INSERT"): RECORDED,
        ("changes", "UPDATE"): RECORDED,
    },
    "visionary_sweep": {
        ("changes", "INSERT"): RECORDED,
        ("changes", "UPDATE"): RECORDED,
        ("speech_pending_jobs", "INSERT"): BY_TRIGGER,
        ("speech_pending_owners", "INSERT"): BY_TRIGGER,
        ("speech_calls", "DELETE"): RELEASE_BEFORE,
    },
}
# Old names of functions, and what only their release calls: a later migration drops them (20240101000016, …30, …45, …47).
FOR_THE_RELEASE_BEFORE = {
    "owner", "become", "take", "words", "asked", "owned", "forget_audit", "erase", "calls_under_way", "waiting_for_calls",
    "audit_fault", "consume_rate_limit", "pending_jobs", "search", "to_search_query", "to_search_vector",
}  # fmt: skip
# Their statements are put together from the catalogue's names.
FROM_CATALOGUE = {"chalicelib.account.erasure.store.count_rows", "chalicelib.exports.content.store.list_rows"}

# What local names stand for in statements that the code puts together.
KINDS = [claim_store.AccountExportClaim, claim_store.SpeechExportClaim]
STAND_INS: Mapping[str, Sequence[Any]] = {
    "claim": KINDS, "kind": KINDS, "condition": ["true"], "conditions": [["true"]], "column": ["created_at"],
    "direction": ["DESC"], "rows": ["WHERE true"], "end": [""],
}  # fmt: skip


def analyze(cloud: Cloud, statement: Statement) -> tuple[set[tuple[str, str]], set[str]]:
    """Return the privileges that a statement needs, by table, and the functions of ours that it calls."""
    trees: list[str] = []
    text = re.sub(r"%\(\w+\)s|%s", "NULL", statement.text).replace("%%", "%").removeprefix("BEGIN; ")
    text = text.replace("'NULL'", "NULL")
    handler = lambda notice: trees.append(" ".join(str(notice.message_detail).split()))  # noqa: E731
    with cloud.owner.transaction(force_rollback=True):
        cloud.owner.execute("SET LOCAL client_min_messages = log; SET LOCAL debug_print_parse = on")
        cloud.owner.execute("SET LOCAL debug_pretty_print = off")
        cloud.owner.add_notice_handler(handler)
        try:
            with cloud.owner.transaction():
                cloud.owner.execute(text)
        except psycopg.Error as error:
            if not any(":utilityStmt <>" in tree for tree in trees):
                raise AssertionError(f"{statement.function}: {error}: {text}") from None
        finally:
            cloud.owner.remove_notice_handler(handler)
    tree = next(tree for tree in trees if ":utilityStmt <>" in tree)
    privileges = set()
    for relation, bits in re.findall(r"RTEPERMISSIONINFO :relid (\d+) :inh \w+ :requiredPerms (\d+)", tree):
        (table,) = cloud.owner.execute("SELECT relname FROM pg_class WHERE oid = %s", [int(relation)]).fetchone() or (
            "",
        )
        privileges |= {(table, name) for name, bit in BITS.items() if int(bits) & bit}
    oids = [int(oid) for oid in re.findall(r":funcid (\d+)", tree)]
    rows = cloud.owner.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE oid = ANY(%s) AND pronamespace = 'app'::regnamespace", [oids]
    )
    return privileges, {row[0] for row in rows}


@pytest.fixture
def needs(cloud: Cloud) -> Mapping[str, tuple[set[tuple[str, str]], set[str]]]:
    """Return the privileges and functions that the statements of each role need."""
    found = {}
    for role in ROLES:
        privileges, functions = set[tuple[str, str]](), set[str]()
        for statement in statements(role, STAND_INS):
            if statement.function not in FROM_CATALOGUE:
                tables, called = analyze(cloud, statement)
                privileges |= {(table, name) for table, name in tables if not table.startswith("pg_")}
                functions |= called
        found[role] = privileges, functions
    return found


def catalogue(cloud: Cloud) -> list[str]:
    """Return what each role and PUBLIC may do with objects of ours, except their owners."""
    rows = cloud.owner.execute("""
        WITH granted (kind, object, owner, acl) AS (
            SELECT CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, relname::text, relowner, relacl
            FROM pg_class WHERE relnamespace = 'public'::regnamespace
            UNION ALL SELECT 'table', relname || ' (' || attname || ')', relowner, attacl
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace
            UNION ALL SELECT 'schema', nspname, nspowner, nspacl FROM pg_namespace WHERE nspname IN ('app', 'public')
            UNION ALL SELECT 'database', '', datdba, datacl FROM pg_database WHERE datname = current_database()
        )
        SELECT grantee, kind, object, string_agg(DISTINCT privilege_type, ' ' ORDER BY privilege_type) FROM (
            SELECT CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE acl.grantee::regrole::text END AS grantee, kind, privilege_type,
                   CASE WHEN object LIKE '% (%' THEN split_part(object, ' (', 1) || ' (' || (
                       SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute, aclexplode(attacl) AS other
                       WHERE attrelid = split_part(object, ' (', 1)::regclass AND other.grantee = acl.grantee
                             AND other.privilege_type = acl.privilege_type) || ')' ELSE object END AS object
            FROM granted, aclexplode(granted.acl) AS acl WHERE acl.grantee <> granted.owner
        ) AS named GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""")
    return [f"{grantee}: {privileges} {kind} {name}".rstrip() for grantee, kind, name, privileges in rows]


def listed(role: str, kind: str) -> set[tuple[str, str]]:
    """Return pairs of object and privilege."""
    pairs = set()
    for line in LISTED.strip().splitlines():
        match = re.fullmatch(r"(\w+): ([A-Z ]+) (table|schema|database|sequence)( .+)?", line)
        assert match is not None, line
        if (match[1], match[3]) == (role, kind):
            name = (match[4] or "").strip().partition(" (")[0]
            pairs |= {(name, privilege) for privilege in match[2].split()}
    return pairs


def test_the_privileges_of_all_roles_are_those_listed_here(cloud: Cloud) -> None:
    assert catalogue(cloud) == LISTED.strip().splitlines()
    functions = cloud.owner.execute("""
        SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
               array_agg(DISTINCT proname::text ORDER BY proname::text)
        FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner)))
        WHERE pronamespace IN ('app'::regnamespace, 'public'::regnamespace) AND grantee <> proowner GROUP BY 1""")
    assert dict(functions.fetchall()) == {role: names.split() for role, names in FUNCTIONS.items()}


@pytest.mark.parametrize("role", ROLES)
def test_each_privilege_on_a_table_is_needed_by_a_statement(
    needs: Mapping[str, tuple[set[tuple[str, str]], set[str]]], role: str
) -> None:
    needed, allowed = needs[role][0], listed(role, "table")
    assert needed - allowed == set(), "a statement lacks its privilege"
    assert allowed - needed - OTHERWISE_USED[role].keys() == set(), "no statement needs it: revoke it in a migration"
    assert OTHERWISE_USED[role].keys() & needed == set(), "a statement needs it: the reason above is not necessary"


@pytest.mark.parametrize("role", ROLES)
def test_each_function_that_a_role_may_call_is_called(
    cloud: Cloud, needs: Mapping[str, tuple[set[tuple[str, str]], set[str]]], role: str
) -> None:
    """By a statement of the role, or by what runs as it: policies, triggers, indexes, defaults and other functions."""
    bodies = dict[str, str]()
    for name, body, is_definer in cloud.owner.execute(
        """SELECT proname, CASE WHEN prosqlbody IS NULL THEN prosrc ELSE pg_get_functiondef(oid) END, prosecdef
           FROM pg_proc WHERE pronamespace = 'app'::regnamespace"""
    ).fetchall():
        bodies[name] = bodies.get(name, "") + ("" if is_definer else body)
    attached = cloud.owner.execute("""
        SELECT string_agg(text, ' ') FROM (
            SELECT concat(qual, with_check) AS text FROM pg_policies UNION ALL SELECT indexdef FROM pg_indexes
            UNION ALL SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
            UNION ALL SELECT prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT prosecdef) AS used
        """).fetchone()
    assert attached is not None
    called = {name.removeprefix("app.").partition("(")[0] for name in needs[role][1]}
    pending = called | set(re.findall(r"app\.(\w+)", attached[0]))
    reached = set[str]()
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending |= set(re.findall(r"app\.(\w+)", bodies.get(name, "")))
    allowed = set(FUNCTIONS[role].split())
    assert allowed - reached - FOR_THE_RELEASE_BEFORE == set(), "nothing calls it: revoke it in a migration"
    assert called - allowed == set()


OWNED = "SELECT oid::regprocedure::text FROM pg_proc WHERE proowner = %s::regrole"


@pytest.mark.parametrize("role", ["visionary_search", "visionary_dispatch"])
def test_the_owners_of_functions_that_look_across_owners_have_what_these_need(cloud: Cloud, role: str) -> None:
    """Without any of the privileges, one of the functions fails. No role can sign in as their owners."""
    functions = [row[0] for row in cloud.owner.execute(OWNED, [role]).fetchall()]
    lines = [line for line in LISTED.strip().splitlines() if line.startswith(f"{role}: ")]
    lines += [f"{role}: EXECUTE function {name}" for name in FUNCTIONS[role].split()]
    assert functions
    assert len(lines) > 3

    def outcomes() -> list[str | None]:
        """Return the error of each function, called with NULLs."""
        errors: list[str | None] = []
        for function in functions:
            name, _, types = function.removesuffix(")").partition("(")
            arguments = ", ".join(f"NULL::{kind}" for kind in types.split(",")) if types else ""
            try:
                with cloud.owner.transaction():
                    cloud.owner.execute(f"SELECT * FROM {name}({arguments})")  # noqa: S608 - the catalogue's names
                errors.append(None)
            except psycopg.Error as error:
                errors.append(error.sqlstate)
        return errors

    usual = outcomes()
    assert psycopg.errors.InsufficientPrivilege.sqlstate not in usual
    for line in lines:
        privileges, kind, name = re.fullmatch(r"\w+: ([A-Z ]+) (\w+) (.+)", line).groups()  # type: ignore[union-attr]
        overloads = [name]
        if kind == "function":
            overloads = [
                row[0]
                for row in cloud.owner.execute(
                    """SELECT p.oid::regprocedure::text FROM pg_proc AS p, aclexplode(proacl) AS acl
                       WHERE proname = %s AND acl.grantee = %s::regrole""",
                    [name, role],
                ).fetchall()
            ]
        columns = f" ({name.partition(' (')[2]}" if " (" in name else ""
        for target in overloads:
            with cloud.owner.transaction(force_rollback=True):
                cloud.owner.execute(f"REVOKE {privileges}{columns} ON {kind} {target.partition(' (')[0]} FROM {role}")
                assert outcomes() != usual, f"nothing needs it: {line}"


def test_the_code_of_a_role_is_what_its_handlers_can_reach() -> None:
    sweep, app = reachable("visionary_sweep"), reachable("visionary_app")
    assert {"chalicelib.trash.store.delete", "chalicelib.audit.store.delete_old"} <= sweep
    assert {"chalicelib.library.collections.store.insert", "chalicelib.account.erasure.store.delete_rows"} <= app
    assert "chalicelib.library.collections.store.insert" not in sweep
    assert "chalicelib.maintenance.store.list_audited_owners" not in app


def test_no_role_of_the_functions_is_more_than_its_privileges(cloud: Cloud) -> None:
    """Neither a member of another role nor privileged by attributes; the roles that own functions cannot sign in."""
    rows = cloud.owner.execute("""
        SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication, rolcanlogin,
               EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)
        FROM pg_roles WHERE rolname LIKE 'visionary%' AND rolname <> 'visionary_owner' ORDER BY 1""").fetchall()
    assert rows == [
        ("visionary_app", False, True, False),
        ("visionary_dispatch", False, False, False),
        ("visionary_search", False, False, False),
        ("visionary_sweep", False, True, False),
    ]
