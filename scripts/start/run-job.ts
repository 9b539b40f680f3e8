/** Runs a scheduled job of the shop at this URL, as on Cloudflare a cron trigger does; a failure is only printed. */
export async function runJob(url: string, cron: string): Promise<void> {
  try {
    const { ok } = await fetch(`${url}/cdn-cgi/local/scheduled?cron=${encodeURIComponent(cron)}`)
    if (!ok) console.warn('A scheduled job failed: see the lines above.')
  } catch (error) {
    const reason = String((error as Error).cause ?? error)
    console.warn(
      `A scheduled job has not answered (${reason}); the next run of the job makes up for this one.`,
    )
  }
}
