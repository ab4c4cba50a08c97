/* Child processes. */
#include "lockstep/process.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int in_child(int (*fn)(void *arg), void *arg)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int result = fn(arg);
        fflush(NULL);
        _exit(result);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}
