"""Whether the cloud and the gateway's own user are as the gateway needs them.

A check only reads. Its answer is a sentence that says what to do, where there is something to do.
"""
