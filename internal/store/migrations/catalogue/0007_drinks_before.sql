-- The drinks that were there before ends_at: the moment at which their day has
-- ended in all time zones, at most 26 hours late.
UPDATE drinks SET ends_at =
    {{if eq .Time "timestamptz"}}((doc ->> 'date') || ' 24:00:00-12:00')::timestamptz
    {{else}}strftime('%Y-%m-%d %H:%M:%S+00:00', doc ->> 'date', '+36 hours'){{end}}
WHERE ends_at = '9999-12-31 00:00:00+00:00';
