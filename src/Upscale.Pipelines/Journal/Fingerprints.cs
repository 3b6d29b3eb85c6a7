using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Upscale.Inference;
using Upscale.Pipelines.Plugins;
using Upscale.Pipelines.Running;

namespace Upscale.Pipelines;

/// <summary>
/// Hashes over everything that makes a result besides its source: options, stages, networks and the files that options name. Where the work
/// is done, how and under which name does not count.
/// </summary>
internal sealed class Fingerprints(PluginCatalog plugins, SessionPool pool)
{
    private readonly ConcurrentDictionary<string, SourceStamp> _files = new(FilePath.Comparer);

    /// <summary>SHA-256, lower-case hex.</summary>
    public async Task<string> OfAsync(UpscalePlan plan, CancellationToken cancellationToken)
    {
        UpscaleRequest counted = plan.Request with
        {
            Source = "", Destination = null, RelativeFolder = null, RelativeTo = null, NameFormat = "", BaseFolder = "", Existing = default,
            Device = "", Engine = default, Tile = null, TimeLimit = null, StageTimeout = null, StageCache = null, StageCacheSize = 0,
            Pipeline = null, Stages = [], Model = null, Options = new Dictionary<string, object>(), Scale = null, Width = null, Height = null,
        };
        var text = new StringBuilder(JsonSerializer.Serialize(counted));
        text.Append(CultureInfo.InvariantCulture, $"\n{plan.Format.Name} {plan.Output.Width} {plan.Output.Height}");
        foreach (string stage in SoftwareTag.Stages(plan, plugins))
            text.Append('\n').Append(stage);
        foreach (StageSpec stage in plan.Stages)
            await AppendFilesAsync(text, stage, plan, cancellationToken).ConfigureAwait(false);
        foreach (ModelCard card in plan.Networks.DistinctBy(n => n.Path))
            await AppendNetworkAsync(text, card, cancellationToken).ConfigureAwait(false);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>
    /// For each stage of a frame but the last a hash over everything that makes its output: the source and how it is read, the stages up to it, their
    /// networks and files, seed, tile size, device and engine, and the code.
    /// </summary>
    /// <param name="plan">What is done.</param>
    /// <param name="index">Place of the frame, from 0.</param>
    /// <param name="cancellationToken">Ends the hashing.</param>
    public async Task<IReadOnlyList<string>> OfStagesAsync(UpscalePlan plan, int index, CancellationToken cancellationToken)
    {
        UpscaleRequest request = plan.Request;
        FramePlan frame = plan.Frames[index];
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{await HashAsync(request.Source, cancellationToken).ConfigureAwait(false)} {request.Frame ?? index} {request.AllowTruncated} {request.RgbSpace}");
        text.Append(CultureInfo.InvariantCulture, $" {request.Seed} {request.Tile} {request.Engine} {frame.Input} {typeof(Fingerprints).Module.ModuleVersionId} {typeof(SessionPool).Module.ModuleVersionId}");
        var hashes = new List<string>();
        foreach (((StageSpec stage, StagePlan stagePlan), string told) in frame.Stages.Zip(frame.StagePlans).Zip(SoftwareTag.Stages(plan with { Frames = [frame] }, plugins)).SkipLast(1))
        {
            text.Append('\n').Append(told).Append(' ').Append(stagePlan.Device).Append(' ').Append(plugins.HashOfStage(stage.Id));
            await AppendFilesAsync(text, stage, plan, cancellationToken).ConfigureAwait(false);
            if (stagePlan.Models.Count > 0)
            {
                // A stage's plan names networks in its own words: where they are not those of cards, all networks of the chain count.
                ModelCard[] own = [.. plan.Networks.Where(card => stagePlan.Models.Contains(card.Id))];
                foreach (ModelCard card in (own.Length > 0 ? own : plan.Networks).DistinctBy(n => n.Path))
                    await AppendNetworkAsync(text, card, cancellationToken).ConfigureAwait(false);
            }

            hashes.Add(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()))));
        }

        return hashes;
    }

    private async Task AppendFilesAsync(StringBuilder text, StageSpec stage, UpscalePlan plan, CancellationToken cancellationToken)
    {
        foreach (string file in OptionBinder.Files(plugins.Stage(stage.Id), stage.Options, plan.Request.BaseFolder))
            text.Append('\n').Append(await HashAsync(file, cancellationToken).ConfigureAwait(false));
    }

    private async Task AppendNetworkAsync(StringBuilder text, ModelCard card, CancellationToken cancellationToken)
    {
        text.Append('\n').Append(card.Id).Append(' ').Append(await Task.Run(() => pool.ContentHash(card, cancellationToken), cancellationToken).ConfigureAwait(false));
        foreach (string file in SideFiles(card))
            text.Append('\n').Append(await HashAsync(file, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>What a pipeline of several graphs reads besides them: vocabularies, settings of schedulers.</summary>
    private static string[] SideFiles(ModelCard card)
        => card.Components.Count == 0
            ? []
            : [.. Directory.EnumerateFiles(Path.GetDirectoryName(card.Path)!, "*", SearchOption.AllDirectories)
                .Where(f => Path.GetExtension(f) is ".json" or ".txt").Order(StringComparer.Ordinal)];

    private async Task<string> HashAsync(string file, CancellationToken cancellationToken)
    {
        SourceStamp stamp = await SourceStamp.TakeAsync(file, _files.GetValueOrDefault(file), cancellationToken).ConfigureAwait(false);
        _files[file] = stamp;
        return stamp.Sha256;
    }
}
