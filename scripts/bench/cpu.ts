import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** Linux counts CPU time in hundredths of a second, whatever the machine. */
const MILLISECONDS_A_TICK = 10

/** User and system time of a process so far, in milliseconds; undefined where there is no /proc. */
export function cpuOf(pid: number | undefined): number | undefined {
  const stat = pid === undefined ? undefined : statOf(pid)
  return stat && stat.ticks * MILLISECONDS_A_TICK
}

/** The workerd processes that this one has started. */
export function workerds(): number[] {
  return processes().filter((pid) => {
    const stat = statOf(pid)
    return stat?.name === 'workerd' && stat.parent === process.pid
  })
}

/**
 * Watches what else the machine does: the answer is the share of its CPU time that went to neither this
 * process nor these. Undefined where there is no /proc.
 */
export function watchOthers(pids: readonly number[]): () => number | undefined {
  const before = cpuOfAll(pids)
  return () => {
    const after = cpuOfAll(pids)
    if (before.ours === undefined || after.ours === undefined) return undefined
    const others = after.busy - before.busy - (after.ours - before.ours)
    return Math.max(0, others / (after.total - before.total))
  }
}

function cpuOfAll(pids: readonly number[]): { busy: number; total: number; ours: number | undefined } {
  const times = cpus().map(({ times: { idle, ...busy } }) => {
    const working = Object.values(busy).reduce((sum, ms) => sum + ms, 0)
    return { working, idle }
  })
  const busy = times.reduce((sum, { working }) => sum + working, 0)
  const each = [process.pid, ...pids].map(cpuOf)
  return {
    busy,
    total: times.reduce((sum, { idle }) => sum + idle, busy),
    ours: each.some((ms) => ms === undefined) ? undefined : each.reduce<number>((sum, ms) => sum + ms!, 0),
  }
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
    // The name is in parentheses and may hold anything.
    const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))!
    const fields = rest!.split(' ').map(Number) // proc_pid_stat(5), from the third: the first of these is a letter
    return { name: name!, parent: fields[1]!, ticks: fields[11]! + fields[12]! }
  } catch {
    return undefined // it has ended
  }
}
