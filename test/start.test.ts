import { afterEach, expect, it, vi } from 'vitest'
import { runJob } from '../scripts/start/run-job.ts'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

it('a scheduled job that does not answer is reported, and the next one runs', async () => {
  const printed = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const fetched = vi.fn<typeof fetch>().mockResolvedValue(new Response())
  fetched.mockRejectedValueOnce(new TypeError('fetch failed', { cause: new Error('read ECONNRESET') }))
  vi.stubGlobal('fetch', fetched)
  await runJob('http://127.0.0.1:8787', '* * * * *')
  expect(printed.mock.calls).toEqual([[expect.stringContaining('read ECONNRESET')]])
  await runJob('http://127.0.0.1:8787', '* * * * *')
  expect(fetched).toHaveBeenLastCalledWith(
    'http://127.0.0.1:8787/cdn-cgi/local/scheduled?cron=*%20*%20*%20*%20*',
  )
  expect(printed).toHaveBeenCalledOnce()
})
