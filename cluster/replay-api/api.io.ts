// The HTTP API of replay, made of ports: routes, what every answer carries, and what becomes of refusals. Nothing of a tenant is reached
// but through admission.ts; nothing leaves before the audit has it.

import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyBaseLogger, type FastifyReply, LogController } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { TwinreelError } from '#src/errors';
import type { Clock, Random } from '#src/ports';
import type { AccountStore } from './account-store.protocol.ts';
import { administrationRoutes } from './administration.ts';
import { admit, admitToTenant } from './admission.ts';
import { stateSchema } from './api.schema.ts';
import { audioRoutes } from './audio.ts';
import type { Audit } from './audit.io.ts';
import { conversationRoutes } from './conversations.ts';
import { exportRoutes } from './export.ts';
import type { ApiMetrics } from './metrics.ts';
import { newsRoutes } from './news.ts';
import { servePages } from './pages.io.ts';
import type { Api, ApiParts } from './parts.protocol.ts';
import { Passwords } from './passwords.io.ts';
import type { AudioStore, ConversationStore } from './ports.protocol.ts';
import { faultProblem, type Problem, problemOf, retryAfterSeconds } from './problem.ts';
import { sharedRoutes, shareRoutes } from './sharing.ts';
import { signInRoutes } from './sign-in.ts';

export interface ApiOptions {
  readonly conversations: ConversationStore;
  readonly audio: AudioStore;
  readonly accounts: AccountStore;
  readonly audit: Audit;
  readonly metrics: ApiMetrics;
  /** Where `npm run build` put the pages. */
  readonly pagesDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: FastifyBaseLogger;
  /** Browsers come over TLS, which somebody before us ends. */
  readonly isSecure: boolean;
  /** Addresses of proxies whose word on where a request comes from is taken. */
  readonly trustedProxies: readonly string[];
}

/** Requests of one address in a minute: a person at a page makes a tenth of it. */
const perMinuteMax = 1_200;
const bodyBytesMax = 262_144;

/** Ready to listen, or to be asked with `inject`. */
export async function buildApi(options: ApiOptions): Promise<Api> {
  const { random, isSecure, trustedProxies, log } = options;
  const api = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    bodyLimit: bodyBytesMax,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1_500 },
    // An address that is none reaches no handler of ours.
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, problemOf(asRefusal(error)) ?? faultProblem),
  }).withTypeProvider<ZodTypeProvider>();
  const parts: ApiParts = {
    ...options,
    passwords: await Passwords.create(random),
  };
  api.setValidatorCompiler(validatorCompiler);
  api.setSerializerCompiler(serializerCompiler);
  // Nothing but JSON changes anything: forms of other sites cannot send it unasked.
  api.removeContentTypeParser('text/plain');
  api.addHook('onClose', () => parts.audit.close());

  await api.register(cookie);
  await api.register(helmet, headersOf(isSecure));
  await api.register(rateLimit, {
    max: perMinuteMax,
    timeWindow: 60_000,
    errorResponseBuilder: () =>
      new TwinreelError('too-many-requests', `more than ${perMinuteMax} requests in a minute`),
  });
  await api.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Twinreel replay', version: '1' } },
    transform: jsonSchemaTransform,
  });
  answerFaults(api);
  measure(api, parts.metrics);
  admit(api, parts);

  // Plugins, so that what is registered above knows of these routes.
  await api.register(async (scope: Api) => {
    signInRoutes(scope, parts);
    administrationRoutes(scope, parts);
    sharedRoutes(scope, parts);
    operationRoutes(scope, parts);
  });
  await api.register(
    async (scope: Api) => {
      admitToTenant(scope, parts);
      for (const routes of [conversationRoutes, audioRoutes, exportRoutes, shareRoutes, newsRoutes])
        routes(scope, parts);
    },
    { prefix: '/api/tenants/:tenant' },
  );
  const sendDocument = await servePages(api, options.pagesDir);
  api.setNotFoundHandler((request, reply) => {
    const isPage = request.method === 'GET' && !/^\/(api|assets)(\/|$)/.test(request.url);
    if (isPage && sendDocument) return sendDocument(reply);
    throw new TwinreelError('nothing-here', 'there is nothing here');
  });
  return api;
}

function headersOf(isSecure: boolean) {
  const own = ["'self'"];
  return {
    enableCSPNonces: true,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: own,
        styleSrc: own,
        imgSrc: ["'self'", 'data:'],
        mediaSrc: own,
        connectSrc: own,
        baseUri: ["'none'"],
        formAction: own,
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: isSecure ? { maxAge: 31_536_000 } : false,
    referrerPolicy: { policy: 'no-referrer' as const },
  };
}

function answerFaults(api: Api): void {
  api.setErrorHandler((error, request, reply) => {
    const problem = problemOf(asRefusal(error)) ?? faultProblem;
    if (problem === faultProblem) request.log.error({ route: request.routeOptions.url, error }, 'a request failed');
    const waitSeconds = error instanceof TwinreelError ? retryAfterSeconds[error.code] : undefined;
    if (waitSeconds !== undefined) reply.header('retry-after', waitSeconds);
    return sendProblem(reply, problem);
  });
  api.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
  });
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** What fastify itself refuses (a body that is no JSON, too long, not as the schema says) is the caller's doing. */
function asRefusal(error: unknown): unknown {
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  const isCallers =
    !(error instanceof TwinreelError) && statusCode !== undefined && statusCode >= 400 && statusCode < 500;
  return isCallers ? new TwinreelError('request-invalid', message ?? 'the request is not allowed') : error;
}

function measure(api: Api, { requests }: ApiMetrics): void {
  api.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const { statusCode: status, elapsedTime } = reply;
    requests.observe({ method: request.method, route, status }, elapsedTime / 1_000);
    // By the name of the route: addresses hold what people look for, and tokens.
    request.log.debug({ method: request.method, route, status, ms: Math.round(elapsedTime) }, 'answered');
  });
}

function operationRoutes(api: Api, { conversations, metrics }: ApiParts): void {
  const hide = { hide: true };
  api.get('/metrics', { schema: hide }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  api.get('/healthz', { schema: { response: { 200: stateSchema } } }, async () => ({ state: 'alive' }));
  api.get('/readyz', { schema: { response: { 200: stateSchema, 503: stateSchema } } }, async (request, reply) => {
    try {
      await conversations.ready();
      return { state: 'ready' };
    } catch (error) {
      request.log.warn({ error }, 'not ready');
      return reply.code(503).send({ state: 'the catalogue does not answer' });
    }
  });
  api.get('/openapi.json', { schema: hide }, async () => api.swagger());
}
