"""The proxies that put faults between the gateway and its neighbours."""
