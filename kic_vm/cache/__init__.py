# SPDX-License-Identifier: Apache-2.0
"""What processes remember, in memory and in Redis; nothing here is the only copy of anything.

==================  ============================================================================
``memory``          a bounded cache in the process
``redis``           the cache that all processes share, with memory as a fallback
``two_tier``        memory in front of Redis, for values that do not change
``store``           values on which all processes must agree: no fallback
``recent_lists``    lists of a project, for clients that accept answers of some age
``stored_lists``    these lists in Redis
``generations``     which of these lists are still valid
``sealed``          encrypted values in Redis
``lease``           the right of one process to work on something
``outage``          the pause after a failure of Redis
``client``          the connection to Redis or Sentinel
``response_limit``  a time limit for complete responses
==================  ============================================================================
"""
