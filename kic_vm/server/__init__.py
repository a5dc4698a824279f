"""The HTTP server of a process of the gateway.

One ``epoll`` object watches the connections that wait for their clients, and each thread of a pool
waits for its next event. With an event, the thread receives what is there, and does not wait for
more. When a request is complete, the same thread runs the application and sends the answer. Then,
or when the client has to send or to take more, the connection waits again::

    accepting thread --new connection--> waiting connections <--waits for its client--+
                                                |                                     |
                                                +--event--> thread: receive, serve, send

So a client that is slow to send or to receive holds a connection and some memory, both of which are
limited, but never a thread. The accepting thread also ends what has taken too long.

``heads`` and ``requests`` turn bytes into requests, ``environ`` and ``answers`` speak WSGI to the
application, ``connections`` keeps the connections that wait, and ``server`` has the threads.
"""
