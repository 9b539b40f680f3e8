import * as z from 'zod'

export const LogInBody = z.object({ email: z.string(), password: z.string() })

export const RefreshBody = z.object({ refresh: z.string() })

export const VerifyBody = z.object({ token: z.string() })
