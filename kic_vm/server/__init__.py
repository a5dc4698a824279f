# SPDX-License-Identifier: Apache-2.0
"""The HTTP server of a gateway process.

One ``epoll`` object watches the connections that wait for their clients, and each thread of a pool
waits for its next event. On an event, the thread receives the available bytes without waiting for
more. When a request is complete, the same thread runs the application and sends the response. Then,
or when the client must send or receive more, the connection waits again::

    accepting thread --new connection--> waiting connections <--waits for its client--+
                                                |                                     |
                                                +--event--> thread: receive, serve, send

If the application has no answer yet (``events.held_answers``), the connection waits too, until
another thread has news for it or its time is up. So a client that sends or receives slowly, or
waits for news, holds a connection and some memory, both limited, but never a thread. The accepting
thread also closes connections that have taken too long.

``heads`` and ``requests`` parse bytes into requests, ``environ`` and ``answers`` are the WSGI
interface to the application, ``connection`` has a connection and its phases, ``connections`` those
that wait, ``connection_threads`` the threads that serve them, and ``server`` the accepting thread.
"""
