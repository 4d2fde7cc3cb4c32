// Values that stand in several sections of the configuration.

import { z } from 'zod';

export const port = z.int().min(0).max(65_535);
export const milliseconds = (most: number) => z.int().min(1).max(most);
export const address = z.union([z.ipv4(), z.ipv6()]);
export const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, dot, dash, underscore; 1 to 63 characters');

export const filePath = z.string().min(1);
export const hostPort = z
  .string()
  .regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'host:port, such as core-1.example:9040');
