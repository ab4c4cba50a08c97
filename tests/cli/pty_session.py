"""A program on a terminal of its own, with a test at the keyboard."""
import fcntl
import os
import pty
import select
import struct
import termios


class Session:
    """`rows` and `columns` are the size of the terminal at the start."""

    def __init__(self, argv, rows=24, columns=80, **redirected):
        self.keyboard, self.screen = pty.openpty()
        self.resize(rows, columns)
        self.cooked = termios.tcgetattr(self.screen)
        self.shown = b""
        self.status = None
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(self.screen, termios.TIOCSCTTY, 0)
            for fd in range(3):
                os.dup2(redirected.get("fd%d" % fd, self.screen), fd)
            os.closerange(3, 64)
            os.execv(argv[0], argv)

    def resize(self, rows, columns):
        fcntl.ioctl(self.screen, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if getattr(self, "pid", 0):
            # the kernel tells the foreground group
            fcntl.ioctl(self.keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def look(self):
        """Waits for what the program writes next."""
        self.shown += os.read(self.keyboard, 65536)

    def glance(self):
        """Takes what the program has written meanwhile."""
        while select.select([self.keyboard], [], [], 0)[0]:
            self.look()

    def expect(self, text):
        """Waits for `text`; returns what came before it."""
        text = text if isinstance(text, bytes) else text.encode()
        while text not in self.shown:
            self.look()
        before, self.shown = self.shown.split(text, 1)
        return before

    def type(self, keys):
        """Types as fast as the terminal takes it."""
        keys = keys if isinstance(keys, bytes) else keys.encode()
        os.set_blocking(self.keyboard, False)
        while keys:
            self.glance()
            if select.select([self.keyboard], [self.keyboard], [])[1]:
                keys = keys[os.write(self.keyboard, keys[:512]):]
        os.set_blocking(self.keyboard, True)

    def is_raw(self):
        return not termios.tcgetattr(self.screen)[3] & (termios.ICANON | termios.ECHO)

    def is_as_before(self):
        return termios.tcgetattr(self.screen) == self.cooked

    def until(self, condition):
        """Waits for what nobody tells: looks again and again."""
        while not condition():
            self.glance()

    def type_until_heard(self, key):
        """Types until the guest's echo comes: what somebody else has read is lost."""
        key = key.encode()
        while key not in self.shown:
            self.type(key)
        self.shown = b""

    def end(self):
        """Waits for the program to end; returns its status, negative for a signal."""

        def gone():
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            return pid != 0

        self.until(gone)
        self.glance()
        return self.status

    def close(self):
        if self.status is None:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self.keyboard)
        os.close(self.screen)
