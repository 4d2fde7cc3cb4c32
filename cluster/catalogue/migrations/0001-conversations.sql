-- Conversations, what they are known and found by, and what people say of them. Partitions of conversations are made as months come
-- (partitions.ts); what began in a month that cannot be, by a clock that is wrong, goes into conversations_elsewhere.

create extension if not exists pg_trgm;

create table conversations (
  tenant text collate "C" not null,
  conversation text collate "C" not null,
  started_ms bigint not null,
  length_ms bigint,
  terms tsvector not null,
  numbers text not null,
  document jsonb not null,
  -- Read backwards it is the order of a search.
  primary key (tenant, started_ms, conversation)
) partition by range (started_ms);

-- Tenants, agents and lexemes are many and unevenly spread: the planner is to know the frequent ones.
alter table conversations alter column terms set statistics 200;

create index conversations_length on conversations (tenant, length_ms);
-- Without a list of what is pending: a search would have to read it through, and nobody tidies it up in the embedded engine.
create index conversations_terms on conversations using gin (terms) with (fastupdate = off);
create index conversations_numbers on conversations using gin (numbers gin_trgm_ops) with (fastupdate = off);

create table conversations_elsewhere partition of conversations default;

create table aliases (
  tenant text collate "C" not null,
  alias text collate "C" not null,
  conversation text collate "C" not null,
  started_ms bigint not null,
  primary key (tenant, alias)
);
create index aliases_conversation on aliases (tenant, conversation);

create table tombstones (
  tenant text collate "C" not null,
  alias text collate "C" not null,
  removed_ms bigint not null,
  why text not null,
  primary key (tenant, alias)
);

create table tags (
  tenant text collate "C" not null,
  conversation text collate "C" not null,
  tag text collate "C" not null,
  by_user text not null,
  at_ms bigint not null,
  primary key (tenant, conversation, tag)
);

create table notes (
  note bigserial primary key,
  tenant text collate "C" not null,
  conversation text collate "C" not null,
  text text not null,
  by_user text not null,
  at_ms bigint not null
);
create index notes_conversation on notes (tenant, conversation);
