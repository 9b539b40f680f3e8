-- For the job by the minute, which wakes the listeners of every customer who has an event in the last minutes.
CREATE INDEX order_events_by_time ON order_events (at, user_id);
