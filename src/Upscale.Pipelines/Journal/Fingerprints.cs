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
            Source = "", Destination = null, RelativeFolder = null, NameFormat = "", BaseFolder = "", Existing = default,
            Device = "", Tile = null, TimeLimit = null,
            Pipeline = null, Stages = [], Model = null, Options = new Dictionary<string, object>(), Scale = null, Width = null, Height = null,
        };
        var text = new StringBuilder(JsonSerializer.Serialize(counted));
        text.Append(CultureInfo.InvariantCulture, $"\n{plan.Format.Name} {plan.Output.Width} {plan.Output.Height}");
        foreach (string stage in SoftwareTag.Stages(plan, plugins))
            text.Append('\n').Append(stage);
        foreach (string file in plan.Stages.SelectMany(stage => OptionBinder.Files(plugins.Stage(stage.Id), stage.Options, plan.Request.BaseFolder)))
            text.Append('\n').Append(await HashAsync(file, cancellationToken).ConfigureAwait(false));
        foreach (ModelCard card in plan.Networks.DistinctBy(n => n.Path))
        {
            text.Append('\n').Append(card.Id).Append(' ').Append(await Task.Run(() => pool.ContentHash(card, cancellationToken), cancellationToken).ConfigureAwait(false));
            foreach (string file in SideFiles(card))
                text.Append('\n').Append(await HashAsync(file, cancellationToken).ConfigureAwait(false));
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
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
