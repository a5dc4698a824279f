"""What processes remember, in memory and in Redis; nothing here is the only copy of anything.

==============  ==================================================================
``memory``      a bounded cache in the process
``redis``       the cache that all processes share, with memory as a fallback
``two_tier``    memory in front of Redis, for values that do not change
``store``       values on which all processes must agree: no fallback
``sealed``      encrypted values in Redis
``lease``       the right of one process to work on something
``client``      the connection to Redis or Sentinel
==============  ==================================================================
"""
