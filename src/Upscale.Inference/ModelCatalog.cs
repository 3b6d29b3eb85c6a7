namespace Upscale.Inference;

/// <summary>The installed networks: one folder each, with a card named model.json in it, or model_index.json and components as diffusers and optimum write them.</summary>
public sealed class ModelCatalog
{
    private readonly Dictionary<string, ModelCard> _cards = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, UpscaleException> _errors = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lazy<IReadOnlyList<ModelCard>> _listed;

    /// <summary>Reads all cards. The networks themselves are not touched.</summary>
    /// <param name="folders">
    /// Folders with one sub-folder a network; those that do not exist are passed over. Of two networks of the same id the first
    /// one counts.
    /// </param>
    /// <param name="bundled">The folder among them whose networks came with this program; null for none.</param>
    public ModelCatalog(IEnumerable<string> folders, string? bundled = null)
    {
        ArgumentNullException.ThrowIfNull(folders);
        foreach (string path in folders.Where(Directory.Exists).SelectMany(f => Directory.EnumerateDirectories(f).Order(StringComparer.OrdinalIgnoreCase)))
        {
            try
            {
                if (Read(Path.GetFullPath(path)) is { } card)
                    _cards.TryAdd(card.Id, card with { Origin = Path.GetDirectoryName(path) == bundled ? ModelOrigin.Bundled : ModelOrigin.User });
            }
            catch (UpscaleException exception)
            {
                _errors.TryAdd(Path.GetFileName(path), exception);
            }
        }

        _listed = new Lazy<IReadOnlyList<ModelCard>>(() => [.. _cards.Values.Select(WithGraphs).OrderBy(c => c.Id, StringComparer.OrdinalIgnoreCase)]);
    }

    /// <summary>Names of the files that describe the network of a folder.</summary>
    public static IReadOnlyList<string> Descriptions { get; } = [CardReader.FileName, PipelineFolderReader.FileName];

    /// <summary>
    /// The networks, by id. Of components the graphs are looked through, not their weights, so that what they take and give is known; not so of
    /// one that is missing or damaged.
    /// </summary>
    public IReadOnlyList<ModelCard> Cards => _listed.Value;

    /// <summary>One error for each card that cannot be used; the others are not concerned.</summary>
    public IReadOnlyList<UpscaleException> Errors => [.. _errors.OrderBy(e => e.Key, StringComparer.OrdinalIgnoreCase).Select(e => e.Value)];

    /// <summary>The card of a folder; null when it has none.</summary>
    /// <param name="folder">Full path.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: names the file and what is wrong.</exception>
    internal static ModelCard? Read(string folder)
    {
        string card = Path.Combine(folder, CardReader.FileName), index = Path.Combine(folder, PipelineFolderReader.FileName);
        return File.Exists(card) ? CardReader.Read(card) : File.Exists(index) ? PipelineFolderReader.Read(index) : null;
    }

    /// <summary>The card of an id, in any case; null when there is none.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: there is one, and it cannot be used.</exception>
    public ModelCard? Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (_cards.TryGetValue(id, out ModelCard? card))
            return card;
        return _errors.TryGetValue(id, out UpscaleException? error) ? throw new UpscaleException(error.ErrorId, error.Message, error) : null;
    }

    /// <summary>The error for a network that is neither installed nor a file, with the ids nearest to what was asked for.</summary>
    public UpscaleException NotFound(string model)
    {
        string[] nearest =
        [
            .. _cards.Keys
                .Select(id => (Id: id, Distance: Distance(model, id)))
                .OrderBy(c => c.Distance)
                .ThenBy(c => c.Id, StringComparer.OrdinalIgnoreCase)
                .Take(3)
                .Select(c => $"'{c.Id}'"),
        ];
        string advice = nearest.Length == 0 ? "No network is installed; give the path of an .onnx file." : $"Nearest are {string.Join(", ", nearest)}.";
        return new UpscaleException(UpscaleErrorId.ModelNotFound, $"There is no network '{model}'. {advice}");
    }

    /// <summary>Weights of all components together; null where those of one are unknown.</summary>
    internal static long? Parameters(IReadOnlyList<ModelComponent> components)
        => components.Aggregate((long?)0, (sum, component) => sum + component.Parameters);

    /// <summary>Where the network of an id lies; null where none that can be used does.</summary>
    internal (ModelOrigin Origin, string Path)? OriginOf(string id) => _cards.TryGetValue(id, out ModelCard? card) ? (card.Origin, card.Path) : null;

    /// <summary>The card of an installed .onnx file; null when there is none.</summary>
    /// <param name="path">Full path.</param>
    internal ModelCard? FindFile(string path) => _cards.Values.FirstOrDefault(c => c.Path == path);

    private static ModelCard WithGraphs(ModelCard card)
    {
        if (card.Components.Count == 0)
            return card;
        ModelComponent[] components = [.. card.Components.Select(WithGraph)];
        return card with { Components = components, Parameters = card.Parameters ?? Parameters(components) };
    }

    private static ModelComponent WithGraph(ModelComponent component)
    {
        try
        {
            OnnxScanner graph = ModelFile.Scan(component.Path);
            return component with { Inputs = graph.Inputs, Outputs = graph.Outputs, IsRandom = graph.IsRandom, Parameters = graph.Parameters };
        }
        catch (UpscaleException)
        {
            // The error belongs to those who want to use it.
            return component;
        }
    }

    /// <summary>An id that contains the text is nearest; else the number of letters to change (Levenshtein).</summary>
    private static int Distance(string wanted, string id)
    {
        string a = wanted.ToLowerInvariant(), b = id.ToLowerInvariant();
        if (a.Length > 1 && b.Contains(a, StringComparison.Ordinal))
            return 0;
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, changed);
            }
        }

        return row[b.Length];
    }
}
