// What the server tells unasked: that a conversation of the tenant is new or has changed.

import { useEffect, useRef } from 'preact/hooks';

export function useNews(tenant: string, onNews: (conversation: string) => void): void {
  const latest = useRef(onNews);
  latest.current = onNews;
  useEffect(() => {
    const news = new EventSource(`/api/tenants/${encodeURIComponent(tenant)}/news`);
    news.addEventListener('conversation', (event) => {
      latest.current((JSON.parse(event.data) as { conversation: string }).conversation);
    });
    return () => news.close();
  }, [tenant]);
}
