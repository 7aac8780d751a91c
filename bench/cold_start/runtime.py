"""A cold start, by Lambda's Python and its standard library alone: import the handler, call it, and report processor times.

Arguments: the handler, the file of the event, the file of the report, and the folders of code, layer and runtime.
"""

import importlib
import json
import resource
import sys
from types import SimpleNamespace

CONTEXT = SimpleNamespace(
    function_name="bench",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:bench",
    aws_request_id="00000000-0000-0000-0000-000000000000",
    get_remaining_time_in_millis=lambda: 60_000,
)


def processor_s() -> float:
    """Return the processor seconds of this process, and of the sandboxes that it has waited for."""
    used = [resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def main() -> None:
    handler, event_file, report_file, *code, runtime = sys.argv[1:]
    sys.path[:0] = code  # Lambda's order: code, layer, standard library, packages of the runtime
    sys.path.append(runtime)
    with open(event_file) as file:  # noqa: PTH123 - nothing is loaded for the handler in advance
        event = json.load(file)
    module, _, name = handler.rpartition(".")
    started = processor_s()
    function = getattr(importlib.import_module(module), name)
    ready = processor_s()
    response = function(event, CONTEXT)
    # The time of the sandbox's server counts when it has ended. Older commits have none.
    stop = getattr(sys.modules.get("chalicelib.platform.sandbox"), "stop", lambda: None)
    stop()
    answered = processor_s()
    with open(report_file, "w") as file:  # noqa: PTH123
        json.dump({"start_s": ready - started, "request_s": answered - ready, "response": response}, file)


if __name__ == "__main__":
    main()
