/* As popen() does it, but nobody has to wait for the end. */
#include "sandbox/program.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void become(const char *command, int input)
{
    dup2(input, STDIN_FILENO);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

int program_start(const char *command, int *to)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return -errno;
    pid_t child = fork();
    if (child == 0)
        become(command, ends[0]);
    int result = child < 0 ? -errno : child;
    close(ends[0]);
    if (child < 0)
        close(ends[1]);
    else
        *to = ends[1];
    return result;
}

int program_ended(int process, int *status)
{
    int rc;
    do
        rc = process > 0 ? waitpid(process, status, WNOHANG) : (errno = ECHILD, -1);
    while (rc < 0 && errno == EINTR);
    return rc < 0 ? -errno : rc;
}
