namespace Upscale.Pipelines.Tests;

/// <summary>Runs requests as a face does.</summary>
internal static class BatchRun
{
    public static async Task<UpscaleOutcome[]> RunAsync(
        UpscaleEngine engine, IEnumerable<UpscaleRequest> requests, RunJournal? journal = null, RunReport? report = null, TimeProvider? time = null)
    {
        UpscaleRequest[] all = [.. requests];
        await using var batch = new UpscaleBatch(engine, 2, null, default) { Journal = journal, Report = report, Time = time ?? TimeProvider.System };
        IReadOnlyList<string> sources = batch.Announce(all.Select(r => r.Source));
        foreach (UpscaleRequest request in all.Where(r => sources.Contains(r.Source)))
        {
            try
            {
                batch.Add(await batch.PlanAsync(request));
            }
            catch (UpscaleException e)
            {
                batch.AddFailure(request.Source, e);
            }
        }

        var outcomes = new List<UpscaleOutcome>();
        while (batch.Pending > 0)
            outcomes.Add(await batch.NextAsync());
        return [.. outcomes];
    }
}
