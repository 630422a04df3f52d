# SPDX-License-Identifier: GPL-2.0-only
"""cri.py: asks a container runtime as the kubelet does. Reads a command a line and answers each with a line.

    pod NAMESPACE NAME UID CGROUP_PARENT        a pod, in the machine's own network: its id
    container POD NAME ATTEMPT BYTES COMMAND    a container in it, started, with a limit: its id. COMMAND is a shell's
    status CONTAINER                            its exit code and the reason
    remove POD                                  the pod and its containers: done
"""

import sys

import grpc

SOCKET = "unix:///run/containerd/containerd.sock"
SERVICE = "/runtime.v1.RuntimeService/"
IMAGE = "docker.io/library/oomtest:latest"
TIMEOUT_S = 300
NAMESPACES = {1: 2, 2: 1}  # the network of the machine; pids of its own, as the kubelet has it
MEMORY_LIMIT, OOM_SCORE_ADJ = 4, 5  # of LinuxContainerResources
EXIT_CODE, REASON = 7, 10  # of ContainerStatus


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out + bytearray([n]))


def message(fields):
    """Of protobuf: {number: an int, a text, a message like this one, or a list of them}."""
    out = b""
    for number, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, int):
                out += varint(number << 3) + varint(one)
                continue
            data = message(one) if isinstance(one, dict) else one.encode()
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def read_varint(data, at):
    n = shift = 0
    while True:
        n |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return n, at


def fields_of(data):
    """{number: the last of its values}: ints and bytes are all that a runtime answers with here."""
    out, at = {}, 0
    while at < len(data):
        key, at = read_varint(data, at)
        value, at = read_varint(data, at)
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        out[key >> 3] = value
    return out


class Runtime:
    def __init__(self):
        self.channel = grpc.insecure_channel(SOCKET, options=[("grpc.default_authority", "localhost")])
        self.pods = {}

    def call(self, method, fields):
        return fields_of(self.channel.unary_unary(SERVICE + method)(message(fields), timeout=TIMEOUT_S))

    def pod(self, namespace, name, uid, parent):
        config = {1: {1: name, 2: uid, 3: namespace, 4: 0}, 8: {1: parent, 2: {1: NAMESPACES}}}
        pod_id = self.call("RunPodSandbox", {1: config})[1].decode()
        self.pods[pod_id] = config
        return pod_id

    def container(self, pod_id, name, attempt, limit, *command):
        resources = {MEMORY_LIMIT: int(limit), OOM_SCORE_ADJ: 1000}
        config = {1: {1: name, 2: int(attempt)}, 2: {1: IMAGE}, 3: ["sh", "-c", " ".join(command)],
                  15: {1: resources, 2: {3: NAMESPACES}}}
        created = self.call("CreateContainer", {1: pod_id, 2: config, 3: self.pods[pod_id]})[1].decode()
        self.call("StartContainer", {1: created})
        return created

    def status(self, container_id):
        status = fields_of(self.call("ContainerStatus", {1: container_id})[1])
        return f"{status.get(EXIT_CODE, 0)} {status.get(REASON, b'').decode()}"

    def remove(self, pod_id):
        self.call("StopPodSandbox", {1: pod_id})
        self.call("RemovePodSandbox", {1: pod_id})
        return "done"


def main():
    runtime = Runtime()
    for line in sys.stdin:
        words = line.split()
        try:
            answer = getattr(runtime, words[0])(*words[1:])
        except grpc.RpcError as error:
            print(error, file=sys.stderr, flush=True)
            answer = "failed"
        print(answer, flush=True)


main()
