/* NVIDIA's driver library with two GPUs, of which the process FAKE_PID uses the second. */
#include <stdlib.h>
#include <stdio.h>

enum { SUCCESS = 0, NOT_SUPPORTED = 3, INSUFFICIENT_SIZE = 7 };
static char gpus[2];
#define NUMBER(device) ((int)((char *)(device) - gpus))

int nvmlInitWithFlags(unsigned flags) { return SUCCESS; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return SUCCESS; }
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **device) { *device = &gpus[i]; return SUCCESS; }
int nvmlDeviceGetUUID(void *device, char *text, unsigned length) {
    snprintf(text, length, "GPU-fake-%d", NUMBER(device));
    return SUCCESS;
}
int nvmlDeviceGetUtilizationRates(void *device, unsigned *rates) {
    rates[0] = 40 + NUMBER(device);
    rates[1] = 5;
    return SUCCESS;
}
int nvmlDeviceGetMemoryInfo(void *device, unsigned long long *memory) {
    memory[0] = 80ULL << 30;
    memory[2] = (1ULL + NUMBER(device)) << 30;
    memory[1] = memory[0] - memory[2];
    return SUCCESS;
}
int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts) {
    *milliwatts = 251000;
    return NUMBER(device) ? SUCCESS : NOT_SUPPORTED;
}
int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *celsius) {
    *celsius = 50 + NUMBER(device);
    return SUCCESS;
}
struct process { unsigned pid; unsigned long long memory; unsigned gpu, compute; };
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, struct process *processes) {
    if (!NUMBER(device)) { *count = 0; return SUCCESS; }
    if (!processes) { *count = 1; return INSUFFICIENT_SIZE; }
    *count = 1;
    processes[0].pid = (unsigned)atoi(getenv("FAKE_PID"));
    processes[0].memory = 1 << 20;
    return SUCCESS;
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *device, unsigned *count, struct process *processes) {
    *count = 0;
    return SUCCESS;
}
const char *nvmlErrorString(int error) { return "not supported"; }
