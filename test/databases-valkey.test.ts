import { expectRedis, keepRedis } from './helpers/engines/redis-promises.ts';

expectRedis('valkey', '0.18', keepRedis('valkey'));
