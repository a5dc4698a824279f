# SPDX-License-Identifier: Apache-2.0
"""Requests to OpenStack: the modules that call each other, the threads, locks and deadlines.

::

    Service.request (kic_vm.adapters.service)           keystoneauth, for keystonemiddleware,
        |                     |                         own_login and openstacksdk
        | GET                 | writes, and GETs             |
        v                     | that need more               v
    direct_reads  ------------+--------------------->  keystoneauth Session
        |     falls back: new token, redirect,               |  logs in, discovers,
        |     503, no answer, wire log                       |  follows redirects, retries
        | get                                                | request
        v                                                    v
    client.HttpClient   current_call -> time_limits, guards (circuit_breaker, bulkhead)
        |               deadline.within(...)       counts the call in the RequestRecord
        |                                                    |
        v  requests.Session                                  v  requests.Session
    curl_adapter.CurlAdapter                           bounded_connections.BoundedAdapter
        |                                                    |
        v                                                    v
    interleaved.wait -> transfers.Driver (libcurl)     urllib3, one blocking call

The client has two sessions of requests (``sessions``), each with a transport adapter; requests and
responses are those of the library. The unit tests replace these adapters with requests-mock.
keystoneauth follows redirects of reads only.

Threads
    A request to the gateway runs in one thread of the server, and its reads stay in it.
    ``interleaved.gather_reads`` runs each read as a greenlet of this thread: when a read waits for
    its transfer, the next read continues. ``transfers.driver`` lends one Driver (one libcurl multi
    handle with its connections) to the thread while it gathers reads. Writes block: concurrent
    writes need the threads of ``kic_vm.adapters.parallel``. The circuit breaker has one thread for
    each service that is down.

Locks
    A greenlet must never wait for another one of its thread while it holds a lock: that would be a
    deadlock. So greenlets switch in one place only, ``interleaved.wait``, and ``HttpClient.get`` is
    called without a lock. The login (``own_login``) holds a lock while it sends, which is
    keystoneauth's, and therefore goes through keystoneauth, which blocks the thread.

    =====================================  =======================================================
    lock                                   protects
    =====================================  =======================================================
    ``Place.lock``                         the place of one request; its calls wait here together
    ``Bulkhead._changed`` (a condition)    the free places of a service
    ``CircuitBreaker._lock``               the number of failures, the state, the start of the probe
    ``OwnLogin._attempt_lock``             the login in progress; others wait for it without a lock
    ``Cloud._endpoints_lock``              the cache of the services' addresses
    =====================================  =======================================================

    A thread takes the first lock before the second one. It never holds two of the other locks. The
    handles of ``CurlAdapter`` and the drivers are kept in deques, whose ``pop`` and ``append`` are
    atomic.

Deadlines
    The deadline of a request is in a context variable (``kic_vm.deadline``), set by the middleware
    ``time_limit``. ``HttpClient`` shortens it for each call to the ``total`` limit of the service.
    ``Transfer.end`` has it for libcurl, and the ``_Reader`` in ``bounded_connections`` checks it
    before each piece that it reads. Threads and greenlets start with a copy of the context.

Traces
    The trace of a request is in a context variable, too (``kic_vm.tracing``). ``HttpClient`` sends
    its headers and records each HTTP request. ``Service`` describes the call that they belong to.

Failures
    Both adapters raise the exceptions of requests. If a library raises any other exception, the
    client reports it as one of them (``sessions``). ``Guard.note`` sees them first. Then
    keystoneauth or ``direct_reads`` converts them to keystoneauth's exceptions, and
    ``kic_vm.adapters.errors`` converts those to the gateway's errors. ``outcomes`` tells whether a
    failed write may have reached its service.
"""
