"""Requests that reach a gateway at the same moment, from threads or from processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from threading import Barrier
from typing import Any

from console.engine.payments.gateway import GatewayAnswer, GatewayRequest, PaymentGateway
from console.testing.payments import TIMEOUT_SECONDS, send

START_SECONDS = 60.0  # a fresh process imports everything first

OpenGateway = Callable[[], PaymentGateway]


def race_in_threads(gateway: PaymentGateway, requests: list[GatewayRequest]) -> list[GatewayAnswer]:
    """Send all requests at the same moment, each from a thread of its own."""
    barrier = Barrier(len(requests))

    def run(request: GatewayRequest) -> GatewayAnswer:
        barrier.wait(TIMEOUT_SECONDS)
        return send(gateway, request)

    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(run, requests))


def race_in_processes(open_gateway: OpenGateway, requests: list[GatewayRequest]) -> list[GatewayAnswer]:
    """Send all requests at the same moment, each from a fresh process that opens the gateway itself."""
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(len(requests))
    receivers, processes = [], []
    for request in requests:
        receiver, sender = spawn.Pipe(duplex=False)
        process = spawn.Process(target=_run_in_process, args=(open_gateway, request, barrier, sender))
        process.start()
        sender.close()  # ours: so that a child's death ends the wait for its answer
        receivers.append(receiver)
        processes.append(process)
    answers = [receiver.recv() for receiver in receivers]
    for process in processes:
        process.join(START_SECONDS)
    return answers


def _run_in_process(open_gateway: OpenGateway, request: GatewayRequest, barrier: Any, sender: Connection) -> None:
    gateway = open_gateway()
    barrier.wait(START_SECONDS)
    sender.send(send(gateway, request))
