import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts CPU time in hundredths of a second on every machine. */
const MILLISECONDS_A_TICK = 10

/** User and system time of a process so far, in milliseconds; undefined where there is no /proc. */
export function cpuOf(pid: number | undefined): number | undefined {
  const stat = pid === undefined ? undefined : statOf(pid)
  return stat && stat.ticks * MILLISECONDS_A_TICK
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

function statOf(pid: number): { name: string; parent: number; ticks: number } | undefined {
  try {
    // The name is in parentheses and may contain any character.
    const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))!
    const fields = rest!.split(' ').map(Number) // proc_pid_stat(5), from the third: the first of these is a letter
    return { name: name!, parent: fields[1]!, ticks: fields[11]! + fields[12]! }
  } catch {
    return undefined // it has ended
  }
}
