import { readdirSync, readFileSync } from 'node:fs'

const NANOSECONDS_A_MILLISECOND = 1_000_000

/**
 * Time that the threads of a process have run so far, in milliseconds; undefined where there is no /proc. Of each thread,
 * because the figure of the whole process is rounded to 10 ms, the time of a few requests.
 */
export function cpuOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map(
      (thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]), // sched-stats.rst
    )
    return threads.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / NANOSECONDS_A_MILLISECOND
  } catch {
    return undefined // another system
  }
}

/** The workerd processes that this process has started. */
export function workerds(): number[] {
  return processes().filter((pid) => {
    const stat = statOf(pid)
    return stat?.name === 'workerd' && stat.parent === process.pid
  })
}

function processes(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0)
  } catch {
    return [] // another system
  }
}

function statOf(pid: number): { name: string; parent: number } | undefined {
  try {
    // The name is in parentheses and may contain any character.
    const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))!
    return { name: name!, parent: Number(rest!.split(' ')[1]) } // proc_pid_stat(5); the rest begins with the third field
  } catch {
    return undefined // it has ended
  }
}
