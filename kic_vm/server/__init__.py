"""The HTTP server of a process of the gateway.

One thread, the event loop, accepts connections and receives requests, without ever waiting for a
single client. A request that has arrived as a whole goes to a pool of threads, which run the
application. An answer that the client does not take at once is sent on by the event loop::

    listening sockets --accept--> event loop --complete request--> pool of threads
                                    ^    ^                            |
                                    |    +----- rest of an answer ----+
                                    +---------- kept connection ------+

So a client that is slow to send or to receive holds a connection and some memory, both of which
are limited, but never a thread.

``heads`` and ``requests`` turn bytes into requests, ``environ`` and ``answers`` speak WSGI to the
application, ``connections`` keeps the connections that wait for their clients, and ``server`` has
the event loop and the threads.
"""
