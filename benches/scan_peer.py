"""The three expressions that the predecessor ships, over the text on stdin: seconds of CPU time for one pass.

Started by `cargo bench --bench scan`.
"""
import re
import sys
import time

EXPRESSIONS = [
    r"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}",
    r"\b(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}"
    r"|6(?:011|5[0-9]{2})[0-9]{12}|(?:2131|1800|35\d{3})\d{11})\b",
    r"(?i)(union|select|insert|update|delete|drop|alter|truncate|create|grant|revoke)\b",
]
RUNS = 100

text = sys.stdin.read()
compiled = [re.compile(expression) for expression in EXPRESSIONS]
best = float("inf")
for _ in range(10):
    start = time.process_time()
    for _ in range(RUNS):
        for expression in compiled:
            expression.search(text)
    best = min(best, (time.process_time() - start) / RUNS)
print(best)
