import * as z from 'zod'
import { claimsOfJwt, signJwt } from './jwt.ts'

const ISSUER = 'kiosk'
const ACCESS_SECONDS = 5 * 60
const REFRESH_SECONDS = 24 * 60 * 60
/** The shortest key for HS256 (RFC 7518, section 3.2). */
const MIN_KEY_BYTES = 32
export const SESSION_MILLISECONDS = 30 * 24 * 60 * 60 * 1000

/** A refresh token used again this soon after its rotation gets the same successor. */
export const REPEAT_MILLISECONDS = 10_000

/** When the last token issued at `refreshed_at` expires, in seconds since 1970. */
export function lastExpiry({ refreshed_at, ends_at }: Pick<TokenSource, 'refreshed_at' | 'ends_at'>): number {
  return Math.min(seconds(refreshed_at) + REFRESH_SECONDS, seconds(ends_at))
}

const common = {
  user_id: z.int().positive(),
  jti: z.string(),
  /** The session. */
  sid: z.int().positive(),
  iat: z.int(),
  exp: z.int(),
  iss: z.literal(ISSUER),
}
const claimsOf = {
  access: z.object({ token_type: z.literal('access'), ...common, is_staff: z.boolean() }),
  refresh: z.object({
    token_type: z.literal('refresh'),
    ...common,
    jti: z.string().regex(/^refresh-\d+-\d+$/),
  }),
}

export type TokenType = keyof typeof claimsOf
export type Claims<Type extends TokenType> = z.infer<(typeof claimsOf)[Type]>

export interface SigningKeys {
  current: string
  previous?: string | undefined
}

/** The columns of a session that its tokens are made from. Times in milliseconds since 1970. */
export interface TokenSource {
  id: number
  user_id: number
  counter: number
  is_staff: number
  refreshed_at: number
  ends_at: number
}

/** Signs the token pair of a session. Deterministic: the same row gives the same bytes. */
export async function issueTokens(
  session: TokenSource,
  { current }: SigningKeys,
): Promise<Record<TokenType, string>> {
  const iat = seconds(session.refreshed_at)
  const claims = (token_type: TokenType) => ({
    token_type,
    user_id: session.user_id,
    jti: `${token_type}-${session.id}-${session.counter}`,
    sid: session.id,
    iat,
    exp:
      token_type === 'access'
        ? Math.min(iat + ACCESS_SECONDS, seconds(session.ends_at))
        : lastExpiry(session),
    iss: ISSUER,
  })
  return {
    access: signJwt({ ...claims('access'), is_staff: session.is_staff === 1 }, current),
    refresh: signJwt(claims('refresh'), current),
  }
}

/** Our tokens have about 300 characters; one beyond this limit is not decoded. */
const MAX_TOKEN_CHARACTERS = 1024

/** Returns the claims of a token of this type if we signed it, even if it has expired; otherwise undefined. */
export async function readToken<Type extends TokenType>(
  token: string,
  type: Type,
  { current, previous }: SigningKeys,
): Promise<Claims<Type> | undefined> {
  if (token.length > MAX_TOKEN_CHARACTERS) return undefined
  const payload = claimsOfJwt(token, current) ?? (previous && claimsOfJwt(token, previous))
  return claimsOf[type].safeParse(payload).data as Claims<Type> | undefined
}

export function isExpired({ exp }: { exp: number }, now: number): boolean {
  return exp * 1000 <= now
}

/** The position of this refresh token among those of its session, from 0. */
export function counterOf({ jti }: Claims<'refresh'>): number {
  return Number(jti.split('-')[2])
}

/** Returns the signing keys from the Worker's secrets; the error tells the operator which one to set. */
export function signingKeys(secrets: { JWT_SECRET?: string; JWT_SECRET_PREVIOUS?: string }): SigningKeys {
  const { JWT_SECRET: current = '', JWT_SECRET_PREVIOUS: previous } = secrets
  requireMinLength('JWT_SECRET', current)
  if (previous) requireMinLength('JWT_SECRET_PREVIOUS', previous)
  return { current, previous }
}

function requireMinLength(name: string, key: string): void {
  if (new TextEncoder().encode(key).byteLength < MIN_KEY_BYTES) {
    throw new Error(
      `${name} is missing or shorter than ${MIN_KEY_BYTES} bytes. Set one with: npx wrangler secret put ${name}`,
    )
  }
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}
